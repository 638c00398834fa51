import { MillraceError } from '@millrace/core'
import type { StreamGraph } from '../graph/stream-graph.ts'
import { generateStreamGraph } from '../graph/stream-graph-generator.ts'
import { CollectionSource } from '../source/collection-source.ts'
import { SequenceSource } from '../source/sequence-source.ts'
import type { Source } from '../source/source.ts'
import { BroadcastConnectedStream } from '../stream/broadcast-connected-stream.ts'
import { CallSite } from '../stream/call-site.ts'
import { ConnectedStreams } from '../stream/connected-streams.ts'
import { DataStream } from '../stream/data-stream.ts'
import { DataStreamSink } from '../stream/data-stream-sink.ts'
import { KeyedStream } from '../stream/keyed-stream.ts'
import type { OperatorOptions } from '../stream/operator-options.ts'
import { SingleOutputStreamOperator } from '../stream/single-output-stream-operator.ts'
import type { StreamBuilder } from '../stream/stream-builder.ts'
import { Transformation, type TransformationSpec } from '../stream/transformation.ts'
import { CheckpointConfig, type CheckpointingMode } from './checkpoint-config.ts'
import { type Duration, type RestartStrategy, restartStrategyConfig } from './restart-strategy.ts'

// By name, because every slot loads this file: the options themselves would bring the library along
// that declares them, 4 MB and 40 ms for each thread.
const chainingKey = 'pipeline.operator-chaining.enabled'
const chainingAlias = 'pipeline.operator-chaining'
const overrideKey = 'parallelism.override'

/** Where a job begins: the first argument of its function. Makes sources and holds settings. */
export class StreamExecutionEnvironment {
  readonly #submitted: Readonly<Record<string, string>>
  readonly #config = new Map<string, string>()
  readonly #transformations: Transformation[] = []
  readonly #builder: StreamBuilder
  #parallelism: number | undefined = undefined
  #isSealed = false

  /** Made by the engine. `submitted`: configuration of the cluster and of the submission. */
  constructor(submitted: Readonly<Record<string, string>> = {}) {
    this.#submitted = submitted
    this.#builder = {
      operator: (spec, options) =>
        new SingleOutputStreamOperator(this.#builder, this.#add(spec, options)),
      sink: (spec, options) => new DataStreamSink(this.#add(spec, options)),
      stream: (inputs) => new DataStream(this.#builder, inputs),
      keyed: (inputs) => new KeyedStream(this.#builder, inputs),
      connected: (first, second) => new ConnectedStreams(this.#builder, first, second),
      broadcastConnected: (stream, broadcast) =>
        new BroadcastConnectedStream(this.#builder, stream, broadcast),
    }
  }

  /**
   * A stream from a source. The name is needed, by option or by `.name`:
   * `env.fromSource(FileSource.lines('logs'), { name: 'logs' })`.
   */
  fromSource<T, Split, EnumeratorState>(
    source: Source<T, Split, EnumeratorState>,
    options: OperatorOptions = {},
  ): SingleOutputStreamOperator<T> {
    const callSite = new CallSite(this.fromSource)
    if (typeof source?.createReader !== 'function') {
      throw argumentInvalid(`What was passed at ${callSite} is no source: no createReader().`)
    }
    return this.#source(source as Source<unknown>, { callSite }, options)
  }

  /** These records, read by one subtask: `env.fromElements('a', 'b')`. Needs no name. */
  fromElements<T>(...elements: readonly T[]): SingleOutputStreamOperator<T> {
    const callSite = new CallSite(this.fromElements)
    const derived = { callSite, derivedName: 'elements', parallelismFixed: 1 }
    return this.#source(new CollectionSource('elements', elements, callSite), derived, {})
  }

  /**
   * A stream of the records of an array, set or other iterable, read by one subtask. A generator
   * works too: the job function is called anew for each attempt. Needs no name.
   */
  fromCollection<T>(
    collection: Iterable<T>,
    options: OperatorOptions = {},
  ): SingleOutputStreamOperator<T> {
    const callSite = new CallSite(this.fromCollection)
    const derived = { callSite, derivedName: 'collection', parallelismFixed: 1 }
    return this.#source(new CollectionSource('collection', collection, callSite), derived, options)
  }

  /** The whole numbers from `from` to `to`, both included, split among subtasks. Needs no name. */
  fromSequence(
    from: number,
    to: number,
    options: OperatorOptions = {},
  ): SingleOutputStreamOperator<number> {
    const callSite = new CallSite(this.fromSequence)
    const source = new SequenceSource({ from, to }, callSite)
    return this.#source(source, { callSite, derivedName: 'sequence' }, options)
  }

  /**
   * Parallelism of operators that set none. Without it `parallelism.default` counts, else 1; the
   * one that a running job was rescaled to counts more.
   */
  setParallelism(parallelism: number): this {
    this.#parallelism = parallelism
    return this
  }

  /**
   * Sets a configuration key of the job (docs/configuration.md). What the submission sets too wins,
   * but for `parallelism.default`: the shape of the graph is the program's.
   */
  set(key: string, value: string | number | boolean): this {
    this.#config.set(key, String(value))
    return this
  }

  /** What the program set, on top of what the job was submitted with. */
  getConfig(): Readonly<Record<string, string>> {
    return { ...this.#submitted, ...Object.fromEntries(this.#config) }
  }

  /**
   * Takes a checkpoint every so often (milliseconds, or a text such as '10 s'), from which the job
   * goes on after a failure: `env.enableCheckpointing('1 s')`. Default mode: EXACTLY_ONCE.
   */
  enableCheckpointing(interval: Duration, mode?: CheckpointingMode): this {
    const config = this.getCheckpointConfig().setCheckpointInterval(interval)
    if (mode !== undefined) config.setCheckpointingConsistencyMode(mode)
    return this
  }

  /** The further settings of checkpoints. */
  getCheckpointConfig(): CheckpointConfig {
    return new CheckpointConfig((key, value) => void this.set(key, value))
  }

  /**
   * What happens when a task fails: `env.setRestartStrategy({ type: 'fixed-delay', attempts: 3 })`.
   */
  setRestartStrategy(strategy: RestartStrategy): this {
    for (const [key, value] of restartStrategyConfig(strategy)) this.set(key, value)
    return this
  }

  /** Runs every operator as a vertex of its own: sets `pipeline.operator-chaining.enabled`. */
  disableOperatorChaining(): this {
    return this.set(chainingKey, false)
  }

  /** Of the engine, not for programs. */
  get isChainingEnabled(): boolean {
    const config = Object.entries(this.getConfig())
    const value = config.findLast(([key]) => key === chainingKey || key === chainingAlias)?.[1]
    const word = value?.trim().toLowerCase() ?? 'true'
    if (word === 'true' || word === 'false') return word === 'true'
    throw new MillraceError(
      'CONFIG_VALUE_INVALID',
      `${chainingKey} cannot be '${value}' (the job): it takes true or false.`,
      { blame: 'user', disposition: 'reject-request', details: { key: chainingKey } },
    )
  }

  /** The graph of what was described; nothing may be added afterwards. Of the engine. */
  generateStreamGraph(name: string): StreamGraph {
    this.#isSealed = true
    const byDefault = this.getConfig()['parallelism.default'] ?? '1'
    const override = this.#submitted[overrideKey]
    return generateStreamGraph(this.#transformations, {
      name,
      parallelism:
        override === undefined ? (this.#parallelism ?? Number(byDefault)) : Number(override),
      config: Object.fromEntries(this.#config),
    })
  }

  #source<T>(
    source: Source<unknown>,
    origin: Pick<TransformationSpec, 'callSite' | 'derivedName' | 'parallelismFixed'>,
    options: OperatorOptions,
  ): SingleOutputStreamOperator<T> {
    const spec: TransformationSpec = {
      ...origin,
      kind: 'source',
      title: 'Source',
      body: { kind: 'source', source },
      inputs: [],
      needsName: true,
      outputType: source.outputType?.descriptor,
    }
    return this.#builder.operator(spec, options)
  }

  #add(spec: TransformationSpec, options: OperatorOptions): Transformation {
    if (this.#isSealed) {
      throw new MillraceError(
        'JOB_GRAPH_INVALID',
        `The ${spec.kind} at ${spec.callSite} comes too late: the job function had returned. ` +
          'Make the function async and await what it waits for.',
        { blame: 'user', disposition: 'reject-request' },
      )
    }
    const transformation = new Transformation(spec, options)
    this.#transformations.push(transformation)
    return transformation
  }
}

function argumentInvalid(message: string): MillraceError {
  return new MillraceError('ARGUMENT_INVALID', message, {
    blame: 'user',
    disposition: 'reject-request',
  })
}
