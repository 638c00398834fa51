import { silentLogger } from '@millrace/core'
import { ManualClock } from '../operators/clock-test-support.ts'
import type { Source, SplitEnumeratorContext } from './source.ts'

/** Reads a bounded source as `parallelism` subtasks in turn, `countMax` records a poll. */
export function readAll<T, Split>(
  source: Source<T, Split, unknown>,
  { parallelism, countMax }: { readonly parallelism: number; readonly countMax: number },
): readonly (readonly T[])[] {
  const clock = new ManualClock()
  const environment = { parallelism, clock, logger: silentLogger }
  const context: SplitEnumeratorContext<Split> = {
    ...environment,
    registeredReaders: () => readers.map((_, index) => index),
    assignSplits: (subtaskIndex, splits) => readers[subtaskIndex]?.addSplits(splits),
    signalNoMoreSplits: (subtaskIndex) => readers[subtaskIndex]?.notifyNoMoreSplits(),
    sendEventToSourceReader: () => {},
    callAsync: () => {},
  }
  const enumerator = source.createEnumerator(context, undefined)
  const readers = Array.from({ length: parallelism }, (_, subtaskIndex) =>
    source.createReader({
      ...environment,
      subtaskIndex,
      sendSplitRequest: () => enumerator.handleSplitRequest(subtaskIndex),
      sendEventToEnumerator: () => {},
    }),
  )
  for (const reader of readers) reader.start()
  const records = readers.map((): T[] => [])
  const running = new Set(readers.keys())
  while (running.size > 0) {
    for (const index of running) {
      const output = { collect: (record: T) => void records[index]?.push(record) }
      if (readers[index]?.pollNext(output, countMax) === 'end-of-input') running.delete(index)
    }
  }
  return records
}
