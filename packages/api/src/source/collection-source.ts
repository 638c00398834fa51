import { MillraceError } from '@millrace/core'
import type { CallSite } from '../stream/call-site.ts'
import { type RecordCursor, SplitByCursorReader } from './cursor-reader.ts'
import type { Source, SourceReader, SourceReaderContext, SplitEnumeratorContext } from './source.ts'
import { StaticSplitEnumerator } from './static-split-enumerator.ts'

/** The whole collection, from the record at `position`. */
export interface CollectionSplit {
  readonly position: number
}

/** Records of the program itself. Every thread has them, so only the position travels. */
export class CollectionSource<T> implements Source<T, CollectionSplit, readonly CollectionSplit[]> {
  readonly kind: 'elements' | 'collection'
  readonly boundedness = 'bounded' as const
  readonly #collection: Iterable<T>

  constructor(kind: 'elements' | 'collection', collection: Iterable<T>, callSite: CallSite) {
    if (typeof collection?.[Symbol.iterator] !== 'function') {
      throw new MillraceError(
        'ARGUMENT_INVALID',
        `What was passed at ${callSite} is no collection: it cannot be iterated over.`,
        { blame: 'user', disposition: 'reject-request' },
      )
    }
    this.kind = kind
    this.#collection = collection
  }

  createEnumerator(
    context: SplitEnumeratorContext<CollectionSplit>,
    restored: readonly CollectionSplit[] | undefined,
  ): StaticSplitEnumerator<CollectionSplit> {
    return new StaticSplitEnumerator(context, restored ?? [{ position: 0 }])
  }

  createReader(context: SourceReaderContext): SourceReader<T, CollectionSplit> {
    return new SplitByCursorReader(
      context,
      (split) => new CollectionCursor(this.#collection, split),
    )
  }
}

class CollectionCursor<T> implements RecordCursor<T, CollectionSplit> {
  readonly #iterator: Iterator<T>
  #position = 0

  constructor(collection: Iterable<T>, split: CollectionSplit) {
    this.#iterator = collection[Symbol.iterator]()
    while (this.#position < split.position && this.next().done !== true);
  }

  next(): IteratorResult<T, unknown> {
    const result: unknown = this.#iterator.next()
    if (!isResult<T>(result)) throw noResult(result, this.#position)
    if (result.done !== true) this.#position++
    return result
  }

  split(): CollectionSplit {
    return { position: this.#position }
  }
}

function isResult<T>(result: unknown): result is IteratorResult<T, unknown> {
  return typeof result === 'object' && result !== null
}

/** Nothing would ever say that it is done. */
function noResult(result: unknown, position: number): MillraceError {
  return new MillraceError(
    'SOURCE_FAILED',
    `next() of the collection's iterator returned ${String(result)} for record ${position}, not ` +
      'an object with value and done. Mend the iterator, or write it as a generator function.',
    { blame: 'user', details: { position } },
  )
}
