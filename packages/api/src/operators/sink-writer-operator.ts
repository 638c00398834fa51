import {
  assert,
  decodeGeneric,
  type ListState,
  MillraceError,
  type OperatorStateStore,
} from '@millrace/core'
import type { Committer, Sink, SinkWriter } from '../sink/sink.ts'
import { type CheckpointCommittables, PendingCommits } from './pending-commits.ts'
import { OperatorSinkContext, type SinkWriterServices } from './sink-context.ts'
import type {
  ChainCode,
  OperatorContext,
  StateInitializationContext,
  StreamOperator,
} from './stream-operator.ts'

// No user's state has a name that begins so.
const described = { kind: 'list', elementType: undefined, ttl: undefined } as const

interface States {
  readonly writer: ListState<unknown>
  readonly committables: ListState<CheckpointCommittables>
}

/**
 * A sink's subtask: hands each record to its writer, and waits where the writer does. What a
 * two-phase writer prepares at a barrier is committed once that checkpoint, or a later one, is
 * complete; where the job takes none, at the end of input. What was prepared and is restored is
 * committed again before the first record: whether it had been is not known.
 */
export class SinkWriterOperator implements StreamOperator {
  /** Read by generated code, which is written before the writer exists. */
  writer: SinkWriter<unknown, unknown, unknown> | undefined = undefined
  readonly #sink: Sink<unknown, unknown, unknown>
  readonly #services: SinkWriterServices
  #initialization: StateInitializationContext | undefined = undefined
  #states: States | undefined = undefined
  #committer: Committer<unknown> | undefined = undefined
  #commits: PendingCommits | undefined = undefined
  /** Prepared at the end of input: part of the next checkpoint. */
  #preparedAtEnd: readonly unknown[] = []
  #isFinished = false

  constructor(sink: Sink<unknown, unknown, unknown>, services: SinkWriterServices) {
    this.#sink = sink
    this.#services = services
  }

  generate(code: ChainCode): string {
    return `${code.bind(this, 'sink')}.writer.write(${code.value});`
  }

  initializeState(context: StateInitializationContext): void {
    this.#initialization = context
    this.#isFinished = context.isFinished
    const { operatorState } = context
    const { writerState, committableState } = descriptorsOf(this.#sink)
    this.#states = {
      writer: operatorState.getListState<unknown>(writerState),
      committables: operatorState.getListState<CheckpointCommittables>(committableState),
    }
  }

  /** Asks for the states that a sink has something to do with. */
  static declareStates(
    operatorState: OperatorStateStore,
    sink: Sink<unknown, unknown, unknown>,
  ): void {
    const { writerState, committableState } = descriptorsOf(sink)
    operatorState.getListState(writerState)
    if (sink.createCommitter !== undefined) operatorState.getListState(committableState)
  }

  async open({ runtimeContext }: OperatorContext): Promise<void> {
    assert(this.writer === undefined, 'a sink is opened twice')
    const restoredCheckpointId = this.#initialization?.restoredCheckpointId
    const context = new OperatorSinkContext(runtimeContext, this.#services, restoredCheckpointId)
    const committables = this.#states?.committables.get() ?? []
    this.#committer = await this.#sink.createCommitter?.(context)
    if (this.#committer === undefined) {
      if (committables.length > 0) throw withoutCommitter(context.operatorName)
    } else {
      this.#commits = new PendingCommits(context.operatorName, this.#committer, committables)
      await this.#commits.commitAll()
    }
    const restored = this.#states?.writer.get() ?? []
    // What its writer still had to tell, it tells again.
    if (this.#isFinished && restored.length === 0) return
    this.writer = await this.#sink.createWriter(context, restored)
    if (this.writer.prepareCommit !== undefined && this.#commits === undefined) {
      throw withoutCommitter(context.operatorName)
    }
  }

  blocked(): Promise<void> | undefined {
    return this.writer?.blocked?.()
  }

  handleEvent(event: Uint8Array): void {
    this.writer?.handleEvent?.(decodeGeneric(event))
  }

  async prepareSnapshot(checkpointId: number): Promise<void> {
    const prepared = this.#isFinished ? this.#preparedAtEnd : await this.#prepareCommit(false)
    this.#preparedAtEnd = []
    this.#commits?.add(checkpointId, prepared)
  }

  snapshotState(checkpointId: number): void {
    const { writer } = this
    if (writer !== undefined)
      this.#states?.writer.update(writer.snapshotState?.(checkpointId) ?? [])
    this.#states?.committables.update(this.#commits?.pending ?? [])
  }

  notifyCheckpointComplete(checkpointId: number): Promise<void> | undefined {
    return this.#commits?.commitUpTo(checkpointId)
  }

  /** Where no checkpoint will commit, it does so itself. */
  async finish(): Promise<void> {
    const prepared = await this.#prepareCommit(true)
    this.#isFinished = true
    if (this.#initialization?.isCheckpointing === true) {
      this.#preparedAtEnd = prepared
      return
    }
    this.#commits?.add(Number.MAX_SAFE_INTEGER, prepared)
    await this.#commits?.commitAll()
  }

  async close(): Promise<void> {
    try {
      await this.writer?.close()
    } finally {
      await this.#committer?.close()
    }
  }

  async #prepareCommit(isEndOfInput: boolean): Promise<readonly unknown[]> {
    const { writer } = this
    await writer?.flush(isEndOfInput)
    const prepared: unknown = (await writer?.prepareCommit?.()) ?? []
    if (!Array.isArray(prepared)) throw preparedNoArray(prepared)
    return prepared
  }
}

/** What one of another kind has saved is not its own. */
function descriptorsOf({ kind }: Sink<unknown, unknown, unknown>) {
  return {
    writerState: { ...described, name: `_writer:${kind}` },
    committableState: { ...described, name: `_committables:${kind}` },
  } as const
}

function preparedNoArray(prepared: unknown): MillraceError {
  return new MillraceError(
    'SINK_FAILED',
    `prepareCommit() gave ${typeof prepared === 'object' ? 'an object' : String(prepared)}, ` +
      'which is no array of committables. Return an array; an empty one where nothing is to be ' +
      'committed.',
    { blame: 'user', disposition: 'fail-job' },
  )
}

function withoutCommitter(operatorName: string): MillraceError {
  return new MillraceError(
    'SINK_FAILED',
    `Sink '${operatorName}' has something to commit, but no createCommitter(). Add it, or leave ` +
      'out prepareCommit().',
    { blame: 'user', details: { sink: operatorName } },
  )
}
