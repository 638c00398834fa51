import type { Committer, Sink, SinkWriter } from '@millrace/api'
import { decodeGeneric, encodeGeneric } from '@millrace/core'
import { sinkWriterContext } from './sink-test-support.ts'
import type { ManualClock } from './source-test-support.ts'

/** What a checkpoint holds of a sink and of the source before it. */
export interface SinkCheckpoint {
  readonly checkpointId: number
  /** Records before it were written. */
  readonly position: number
  /** By subtask, encoded as in a checkpoint. */
  readonly writerStates: readonly Uint8Array[]
  readonly committables: readonly Uint8Array[]
}

export interface SinkRunOptions {
  readonly parallelism: number
  readonly attemptNumber: number
  readonly clock: ManualClock
  readonly restored: SinkCheckpoint | undefined
  /** Called at each checkpoint between `prepareCommit` and `snapshotState` of a writer. */
  readonly onPrepared?: () => void
}

interface Subtask<T, C, W> {
  readonly writer: SinkWriter<T, C, W>
  readonly committer: Committer<C> | undefined
  /** Prepared and not committed, in order. */
  committables: C[]
}

/** One attempt of a sink as the engine runs it: all its subtasks, in this thread. */
export class SinkRun<T, C, W> {
  readonly #options: SinkRunOptions
  readonly #subtasks: Subtask<T, C, W>[] = []
  /** Index of the next record of the source. */
  position: number

  private constructor(options: SinkRunOptions) {
    this.#options = options
    this.position = options.restored?.position ?? 0
  }

  /** Opens the writers and commits what the checkpoint had prepared. */
  static async open<T, C, W>(
    sink: Sink<T, C, W>,
    options: SinkRunOptions,
  ): Promise<SinkRun<T, C, W>> {
    const run = new SinkRun<T, C, W>(options)
    const { parallelism, attemptNumber, clock, restored } = options
    const states = dealt(restored?.writerStates ?? [], parallelism)
    const committables = dealt(restored?.committables ?? [], parallelism)
    for (let subtaskIndex = 0; subtaskIndex < parallelism; subtaskIndex++) {
      const context = sinkWriterContext({
        subtaskIndex,
        parallelism,
        attemptNumber,
        clock,
        restoredCheckpointId: restored?.checkpointId,
      })
      const writer = await sink.createWriter(context, (states[subtaskIndex] ?? []) as W[])
      const committer = await sink.createCommitter?.(context)
      run.#subtasks.push({ writer, committer, committables: [] })
      const prepared = (committables[subtaskIndex] ?? []) as C[]
      if (prepared.length > 0) await committer?.commit(prepared)
    }
    return run
  }

  async write(subtaskIndex: number, record: T): Promise<void> {
    const { writer } = this.#subtask(subtaskIndex)
    await writer.blocked?.()
    writer.write(record)
    this.position += 1
  }

  /** Everything up to the acknowledgements. It may be given up then: what it prepared is kept. */
  async takeCheckpoint(checkpointId: number, isEndOfInput = false): Promise<SinkCheckpoint> {
    const writerStates: Uint8Array[] = []
    const committables: Uint8Array[] = []
    for (const subtask of this.#subtasks) {
      await subtask.writer.flush(isEndOfInput)
      subtask.committables.push(...((await subtask.writer.prepareCommit?.()) ?? []))
      this.#options.onPrepared?.()
      writerStates.push(encodeGeneric(subtask.writer.snapshotState?.(checkpointId) ?? []))
      committables.push(encodeGeneric(subtask.committables))
    }
    return { checkpointId, position: this.position, writerStates, committables }
  }

  /** After the last checkpoint taken has completed. */
  async commit(): Promise<void> {
    for (const subtask of this.#subtasks) {
      if (subtask.committables.length === 0) continue
      await subtask.committer?.commit(subtask.committables)
      subtask.committables = []
    }
  }

  async close(): Promise<void> {
    for (const { writer, committer } of this.#subtasks) {
      await writer.close()
      await committer?.close()
    }
  }

  get parallelism(): number {
    return this.#options.parallelism
  }

  #subtask(index: number): Subtask<T, C, W> {
    const subtask = this.#subtasks[index]
    if (subtask === undefined) throw new Error(`No subtask ${index}`)
    return subtask
  }
}

/** The items of earlier subtasks, in order, as evenly as it goes. */
function dealt(lists: readonly Uint8Array[], parallelism: number): readonly (readonly unknown[])[] {
  const items = lists.map((bytes) => decodeGeneric(bytes) as readonly unknown[])
  if (items.length === parallelism) return items
  const all = items.flat()
  return Array.from({ length: parallelism }, (_, index) =>
    all.slice(
      Math.floor((index * all.length) / parallelism),
      Math.floor(((index + 1) * all.length) / parallelism),
    ),
  )
}
