import { MillraceError, type TypeInformation } from '@millrace/core'
import type { CallSite } from '../stream/call-site.ts'
import { type RecordCursor, SplitByCursorReader } from './cursor-reader.ts'
import type { Source, SourceReader, SourceReaderContext, SplitEnumeratorContext } from './source.ts'
import { StaticSplitEnumerator } from './static-split-enumerator.ts'

/** The whole numbers from `from` to `to`, both included; none where `from > to`. */
export interface SequenceSplit {
  readonly from: number
  readonly to: number
}

/** Whole numbers in order, in as many splits as there are subtasks. */
export class SequenceSource implements Source<number, SequenceSplit, readonly SequenceSplit[]> {
  readonly kind = 'sequence'
  readonly boundedness = 'bounded' as const
  readonly outputType: TypeInformation<number> = { descriptor: { kind: 'float64' } }
  readonly #range: SequenceSplit

  constructor(range: SequenceSplit, callSite: CallSite) {
    const { from, to } = range
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from > to) {
      throw new MillraceError(
        'ARGUMENT_INVALID',
        `The sequence at ${callSite} goes from ${from} to ${to}. ` +
          'Both must be whole numbers within ±2^53, and the first not the greater one.',
        { blame: 'user', disposition: 'reject-request' },
      )
    }
    this.#range = range
  }

  createEnumerator(
    context: SplitEnumeratorContext<SequenceSplit>,
    restored: readonly SequenceSplit[] | undefined,
  ): StaticSplitEnumerator<SequenceSplit> {
    const splits = restored ?? splitSequence(this.#range, context.parallelism)
    return new StaticSplitEnumerator(context, splits)
  }

  createReader(context: SourceReaderContext): SourceReader<number, SequenceSplit> {
    return new SplitByCursorReader(context, (split) => new SequenceCursor(split))
  }
}

/** Contiguous ranges that differ in length by one at most; `count` of them if there is enough. */
export function splitSequence(range: SequenceSplit, count: number): readonly SequenceSplit[] {
  const length = range.to - range.from + 1
  const splits: SequenceSplit[] = []
  let from = range.from
  for (let index = 0; index < count; index++) {
    const size = Math.floor(length / count) + (index < length % count ? 1 : 0)
    if (size > 0) splits.push({ from, to: from + size - 1 })
    from += size
  }
  return splits
}

class SequenceCursor implements RecordCursor<number, SequenceSplit> {
  readonly #result = { done: false, value: 0 } as IteratorResult<number, unknown> & {
    done: boolean
    value: number
  }
  readonly #to: number
  #next: number

  constructor(split: SequenceSplit) {
    this.#next = split.from
    this.#to = split.to
  }

  /** The result is the same object each time: the reader takes the value at once. */
  next(): IteratorResult<number, unknown> {
    this.#result.done = this.#next > this.#to
    this.#result.value = this.#next
    if (this.#next <= this.#to) this.#next++
    return this.#result
  }

  split(): SequenceSplit {
    return { from: this.#next, to: this.#to }
  }
}
