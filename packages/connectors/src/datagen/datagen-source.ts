import type {
  Source,
  SourceReader,
  SourceReaderContext,
  SplitEnumerator,
  SplitEnumeratorContext,
} from '@millrace/api'
import { type Boundedness, MillraceError, type TypeInformation } from '@millrace/core'
import { DataGenEnumerator, type DataGenEnumeratorState } from './datagen-enumerator.ts'
import { DataGenSourceReader } from './datagen-source-reader.ts'
import type { DataGenSplit } from './datagen-split.ts'
import type { DataGenSourceOptions } from './options.ts'

/**
 * Makes records from a function of their index: 0, 1, 2, …, each index once, whatever the
 * parallelism. Subtask i of n makes those with index ≡ i (mod n), in order. The function must give
 * the same record for the same index, so that a restart makes the same stream again.
 *
 * ```ts
 * env.fromSource(new DataGenSource((index) => ({ id: index }), { recordsPerSecond: 1000 }))
 * ```
 */
export class DataGenSource<T> implements Source<T, DataGenSplit, DataGenEnumeratorState> {
  readonly kind = 'datagen'
  readonly boundedness: Boundedness
  declare readonly outputType?: TypeInformation<T>
  readonly #generate: (index: number) => T
  readonly #options: DataGenSourceOptions<T>

  constructor(generate: (index: number) => T, options: DataGenSourceOptions<T> = {}) {
    checkOptions(options)
    this.#generate = generate
    this.#options = options
    this.boundedness = options.count === undefined ? 'continuous-unbounded' : 'bounded'
    if (options.outputType !== undefined) this.outputType = options.outputType
  }

  createEnumerator(
    context: SplitEnumeratorContext<DataGenSplit>,
    restored: DataGenEnumeratorState | undefined,
  ): SplitEnumerator<DataGenSplit, DataGenEnumeratorState> {
    const { count: end = Number.MAX_SAFE_INTEGER, splitCount = context.parallelism } = this.#options
    return new DataGenEnumerator(context, { end, splitCount }, restored)
  }

  createReader(context: SourceReaderContext): SourceReader<T, DataGenSplit> {
    return new DataGenSourceReader(context, this.#generate, this.#options.recordsPerSecond)
  }
}

function checkOptions(options: DataGenSourceOptions<unknown>): void {
  const { count, recordsPerSecond, splitCount } = options
  if (splitCount !== undefined && !(Number.isSafeInteger(splitCount) && splitCount >= 1)) {
    const message = `Option splitCount of a DataGenSource is ${splitCount}; it must be 1 or more.`
    throw new MillraceError('ARGUMENT_INVALID', message, { blame: 'user' })
  }
  if (count !== undefined && !(Number.isSafeInteger(count) && count >= 0)) {
    const message = `Option count of a DataGenSource is ${count}; it must be a whole number from 0.`
    throw new MillraceError('ARGUMENT_INVALID', message, { blame: 'user' })
  }
  if (recordsPerSecond !== undefined && !(recordsPerSecond > 0)) {
    const message =
      `Option recordsPerSecond of a DataGenSource is ${recordsPerSecond}; it must be above 0. ` +
      'Leave it out for a source without a limit.'
    throw new MillraceError('ARGUMENT_INVALID', message, { blame: 'user' })
  }
}
