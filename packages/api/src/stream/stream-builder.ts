import type { BroadcastConnectedStream } from './broadcast-connected-stream.ts'
import type { BroadcastStream } from './broadcast-stream.ts'
import type { ConnectedStreams } from './connected-streams.ts'
import type { DataStream } from './data-stream.ts'
import type { DataStreamSink } from './data-stream-sink.ts'
import type { KeyedStream } from './keyed-stream.ts'
import type { OperatorOptions } from './operator-options.ts'
import type { SingleOutputStreamOperator } from './single-output-stream-operator.ts'
import type { StreamInput, TransformationSpec } from './transformation.ts'

/**
 * Makes the kinds of streams out of each other. The environment implements it; the classes of
 * streams know each other only through it, so that none imports another that imports it.
 */
export interface StreamBuilder {
  /** Adds an operator to the program. */
  operator<T>(spec: TransformationSpec, options: OperatorOptions): SingleOutputStreamOperator<T>
  /** Adds a sink to the program. */
  sink(spec: TransformationSpec, options: OperatorOptions): DataStreamSink
  stream<T>(inputs: readonly StreamInput[]): DataStream<T>
  keyed<T, K>(inputs: readonly StreamInput[]): KeyedStream<T, K>
  connected<T1, T2>(first: DataStream<T1>, second: DataStream<T2>): ConnectedStreams<T1, T2>
  broadcastConnected<T, Broadcast>(
    stream: DataStream<T>,
    broadcast: BroadcastStream<Broadcast>,
  ): BroadcastConnectedStream<T, Broadcast>
}
