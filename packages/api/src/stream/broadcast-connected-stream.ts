import { MillraceError } from '@millrace/core'
import {
  type BroadcastProcessFunction,
  KeyedBroadcastProcessFunction,
} from '../function/broadcast-process-function.ts'
import { UserFunction } from '../function/user-function.ts'
import { BroadcastProcessOperator } from '../operators/broadcast-process-operator.ts'
import type { BroadcastStream } from './broadcast-stream.ts'
import { CallSite } from './call-site.ts'
import type { DataStream } from './data-stream.ts'
import type { OperatorOptions } from './operator-options.ts'
import type { SingleOutputStreamOperator } from './single-output-stream-operator.ts'
import type { StreamBuilder } from './stream-builder.ts'

/**
 * A stream, keyed or not, and a broadcast one as the inputs of one operator:
 * `orders.connect(changes.broadcast(limits)).process(new OverLimit(), { name: 'over-limit' })`.
 */
export class BroadcastConnectedStream<T, Broadcast> {
  readonly #builder: StreamBuilder
  readonly #stream: DataStream<T>
  readonly #broadcast: BroadcastStream<Broadcast>

  constructor(
    builder: StreamBuilder,
    stream: DataStream<T>,
    broadcast: BroadcastStream<Broadcast>,
  ) {
    this.#builder = builder
    this.#stream = stream
    this.#broadcast = broadcast
  }

  /**
   * A `KeyedBroadcastProcessFunction` where the stream is keyed, else a `BroadcastProcessFunction`.
   * It keeps state, so it needs a name.
   */
  process<Out, K = unknown>(
    processor:
      | BroadcastProcessFunction<T, Broadcast, Out>
      | KeyedBroadcastProcessFunction<K, T, Broadcast, Out>,
    options: OperatorOptions = {},
  ): SingleOutputStreamOperator<Out> {
    const callSite = new CallSite(this.process)
    const methods = ['processElement', 'processBroadcastElement']
    const userFunction = UserFunction.of(processor, methods, callSite, ['onTimer'])
    const { inputs } = this.#stream
    const isKeyed = inputs.every((input) => input.partitioning?.kind === 'hash')
    if (processor instanceof KeyedBroadcastProcessFunction && !isKeyed) {
      throw new MillraceError(
        'ARGUMENT_INVALID',
        `The KeyedBroadcastProcessFunction at ${callSite} needs a key of each element, but the ` +
          'stream has none. Call keyBy before connect, or make it a BroadcastProcessFunction.',
        { blame: 'user', disposition: 'reject-request' },
      )
    }
    const operator = new BroadcastProcessOperator(userFunction, this.#broadcast.descriptors)
    return this.#builder.operator(
      {
        kind: isKeyed ? 'keyed-broadcast-process' : 'broadcast-process',
        title: isKeyed ? 'KeyedBroadcastProcess' : 'BroadcastProcess',
        body: { kind: 'operator', operator },
        inputs: [
          ...inputs.map((input) => ({ ...input, inputIndex: 0 })),
          ...this.#broadcast.inputs.map((input) => ({ ...input, inputIndex: 1 })),
        ],
        callSite,
        needsName: true,
      },
      options,
    )
  }
}
