import type { PollStatus, ReaderOutput, SourceReader, SourceReaderContext } from '@millrace/api'
import type { Timer } from '@millrace/core'
import type { DataGenSplit } from './datagen-split.ts'
import { type EmitLoop, generateEmitLoop } from './emit-loop.ts'
import { Pacer } from './pacer.ts'

interface SplitProgress {
  readonly split: DataGenSplit
  next: number
}

/** Calls the generator for the indexes of its splits, in turn, as fast as they are due. */
export class DataGenSourceReader<T> implements SourceReader<T, DataGenSplit> {
  readonly #context: SourceReaderContext
  readonly #generate: (index: number) => T
  readonly #emit: EmitLoop<T> = generateEmitLoop()
  readonly #recordsPerSecond: number | undefined
  readonly #splits: SplitProgress[] = []
  #pacer: Pacer | undefined
  /** Set while no record is due: until then a poll does nothing, whatever woke the task. */
  #timer: Timer | undefined
  #hasAllSplits = false
  #available: PromiseWithResolvers<void> | undefined

  constructor(
    context: SourceReaderContext,
    generate: (index: number) => T,
    recordsPerSecond: number | undefined,
  ) {
    this.#context = context
    this.#generate = generate
    this.#recordsPerSecond = recordsPerSecond
  }

  start(): void {
    this.#context.sendSplitRequest()
  }

  addSplits(splits: readonly DataGenSplit[]): void {
    for (const split of splits) {
      if (split.next < split.end) this.#splits.push({ split, next: split.next })
    }
    this.#pace()
    this.#wake()
  }

  notifyNoMoreSplits(): void {
    this.#hasAllSplits = true
    this.#wake()
  }

  pollNext(output: ReaderOutput<T>, countMax: number): PollStatus {
    if (this.#timer !== undefined) return 'nothing-available'
    const progress = this.#splits.shift()
    if (progress === undefined) return this.#hasAllSplits ? 'end-of-input' : 'nothing-available'
    const { stride, end } = progress.split
    const left = Math.ceil((end - progress.next) / stride)
    const due = this.#pacer?.due() ?? countMax
    const count = Math.min(left, due, countMax)
    this.#emit(this.#generate, output, progress.next, stride, count)
    progress.next += count * stride
    this.#pacer?.take(count)
    // To the end of the line: several splits are read in turn.
    if (count < left) this.#splits.push(progress)
    return this.#statusAfter(due - count)
  }

  whenAvailable(): Promise<void> {
    const hasMore = this.#splits.length > 0 || this.#hasAllSplits
    if (this.#timer === undefined && hasMore) return Promise.resolve()
    this.#available ??= Promise.withResolvers<void>()
    return this.#available.promise
  }

  snapshotState(_checkpointId: number): readonly DataGenSplit[] {
    return this.#splits.map(({ split, next }) => ({ ...split, next }))
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /**
   * Of the rate it has the share that it has of the splits: however these are dealt out, all
   * subtasks together keep the rate. Their records fall between each other's: split i starts i
   * records later.
   */
  #pace(): void {
    const [first] = this.#splits
    if (this.#recordsPerSecond === undefined || first === undefined) return
    const share = this.#splits.reduce((sum, { split }) => sum + 1 / split.stride, 0)
    this.#pacer = new Pacer(this.#context.clock, {
      recordsPerSecond: this.#recordsPerSecond * share,
      delayMs: (first.split.splitIndex * 1000) / this.#recordsPerSecond,
    })
  }

  #statusAfter(dueLeft: number): PollStatus {
    if (this.#splits.length === 0) return this.#hasAllSplits ? 'end-of-input' : 'nothing-available'
    if (this.#pacer === undefined || dueLeft > 0) return 'more-available'
    this.#timer = this.#context.clock.setTimer(this.#pacer.msUntilDue(), () => {
      this.#timer = undefined
      this.#wake()
    })
    return 'nothing-available'
  }

  #wake(): void {
    if (this.#timer !== undefined) return
    this.#available?.resolve()
    this.#available = undefined
  }
}
