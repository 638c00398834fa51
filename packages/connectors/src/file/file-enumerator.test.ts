import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { SplitEnumeratorContext } from '@millrace/api'
import { silentLogger } from '@millrace/core'
import { ManualClock } from '../source-test-support.ts'
import type { DiscoveredFile } from './file-access.ts'
import { FileEnumerator, type FileEnumeratorState } from './file-enumerator.ts'
import { type FileSplit, splitFile } from './file-split.ts'

const megabyte = 1024 * 1024

interface WorldOptions {
  readonly parallelism?: number
  readonly restored?: FileEnumeratorState
  readonly monitorIntervalMs?: number
}

function world(options: WorldOptions = {}) {
  const said: string[] = []
  const registered = new Set([0, 1])
  let discovered: ((files: readonly DiscoveredFile[]) => void) | undefined
  const { parallelism = 2, restored, monitorIntervalMs } = options
  const context: SplitEnumeratorContext<FileSplit> = {
    parallelism,
    clock: new ManualClock(),
    logger: silentLogger,
    registeredReaders: () => [...registered],
    assignSplits: (subtaskIndex, splits) => {
      said.push(`${subtaskIndex} reads ${splits.map(({ path, start }) => path + start).join(' ')}`)
    },
    signalNoMoreSplits: (subtaskIndex) => said.push(`${subtaskIndex} ends`),
    sendEventToSourceReader: () => {},
    callAsync: (_call, handler) => {
      // The test says what is found, of the type that the enumerator expects here.
      discovered = (files) => handler(files as never, undefined)
    },
  }
  const settings = { splitSizeBytes: 4 * megabyte, monitorIntervalMs }
  const enumerator = new FileEnumerator(context, async () => [], settings, restored)
  enumerator.start()
  return {
    enumerator,
    said,
    registered,
    find: (files: readonly DiscoveredFile[]) => discovered?.(files),
  }
}

test('readers that ask before the files are found are served when they are', () => {
  const { enumerator, said, find } = world()
  enumerator.handleSplitRequest(1)
  enumerator.handleSplitRequest(0)
  deepEqual(said, [])
  find([{ path: 'a', sizeBytes: 10 }])
  deepEqual(said, ['1 reads a0', '0 ends'])
})

test('large splits are given one by one, in order', () => {
  const { enumerator, said, find } = world()
  find([{ path: 'a', sizeBytes: 12 * megabyte }])
  for (const subtask of [0, 1, 0, 1, 0]) enumerator.handleSplitRequest(subtask)
  deepEqual(said, [
    '0 reads a0',
    `1 reads a${4 * megabyte}`,
    `0 reads a${8 * megabyte}`,
    '1 ends',
    '0 ends',
  ])
})

test('splits of a failed reader come first for the next that asks', () => {
  const { enumerator, said, find } = world()
  const files = [1, 2].map((i) => ({ path: `${i}-`, sizeBytes: 4 * megabyte }))
  find(files)
  enumerator.handleSplitRequest(0)
  const first = files[0]
  enumerator.addSplitsBack(first === undefined ? [] : splitFile(first, 4 * megabyte), 0)
  enumerator.handleSplitRequest(1)
  deepEqual(said, ['0 reads 1-0', '1 reads 1-0'])
})

test('a reader that failed while it waited is given nothing', () => {
  const { enumerator, said, registered, find } = world()
  enumerator.handleSplitRequest(0)
  enumerator.handleSplitRequest(1)
  registered.delete(0)
  find([1, 2].map((i) => ({ path: `${i}-`, sizeBytes: 4 * megabyte })))
  deepEqual(said, ['1 reads 1-0'])
  registered.add(0)
  enumerator.addReader(0)
  deepEqual(said, ['1 reads 1-0'])
  enumerator.handleSplitRequest(0)
  deepEqual(said, ['1 reads 1-0', '0 reads 2-0'])
})

test('splits of a reader that asked for more before it failed go to others', () => {
  const { enumerator, said, registered, find } = world()
  const file = { path: 'a', sizeBytes: 10 }
  find([file])
  enumerator.handleSplitRequest(0)
  registered.delete(0)
  enumerator.addSplitsBack(splitFile(file, 100), 0)
  enumerator.handleSplitRequest(1)
  deepEqual(said, ['0 reads a0', '1 reads a0'])
})

test('what is restored is not looked for again', () => {
  const { enumerator, find } = world()
  find([{ path: 'a', sizeBytes: 5 }])
  const state = enumerator.snapshotState(1)
  const again = world({ restored: state })
  again.enumerator.handleSplitRequest(0)
  again.enumerator.handleSplitRequest(0)
  deepEqual(again.said, ['0 reads a0', '0 ends'])
})

test('files that were found are remembered as long as they are there', () => {
  const { enumerator, said, find } = world({ monitorIntervalMs: 100 })
  const [a, b, c] = ['a', 'b', 'c'].map((path) => ({ path, sizeBytes: 10 }))
  enumerator.handleSplitRequest(0)
  find([a!, b!])
  deepEqual(enumerator.snapshotState(1).seenPaths, ['a', 'b'])
  find([b!, c!])
  deepEqual(enumerator.snapshotState(1).seenPaths, ['b', 'c'])
  find([])
  find([b!, c!])
  for (let i = 0; i < 4; i++) enumerator.handleSplitRequest(1)
  deepEqual(said, ['0 reads a0', '1 reads b0', '1 reads c0'])
  const again = world({ monitorIntervalMs: 100, restored: enumerator.snapshotState(2) })
  again.enumerator.handleSplitRequest(0)
  again.find([b!, c!])
  deepEqual(again.said, [])
})

test('splits cover their file without gap or overlap, and are of nearly equal size', () => {
  for (const sizeBytes of [0, 1, 99, 100, 101, 1000, 12_345]) {
    const splits = splitFile({ path: 'a', sizeBytes }, 100)
    equal(splits.length, Math.ceil(sizeBytes / 100))
    let end = 0
    for (const split of splits) {
      equal(split.start, end)
      end = split.end
    }
    equal(end, sizeBytes)
    const sizes = splits.map((split) => split.end - split.start)
    if (sizes.length > 0) equal(Math.max(...sizes) - Math.min(...sizes) <= 1, true)
  }
})
