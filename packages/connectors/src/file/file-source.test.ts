import { deepEqual, equal, match, ok, rejects, throws } from 'node:assert/strict'
import { mkdir, mkdtemp, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { MillraceError, SeededRandom } from '@millrace/core'
import { testSourceContract } from '../source-contract-test-support.ts'
import { SourceRun } from '../source-test-support.ts'
import { FileSource } from './file-source.ts'
import type { FileSplit } from './file-split.ts'

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function readAll<T>(source: FileSource<T>, parallelism = 2): Promise<readonly T[]> {
  const run = new SourceRun(source, parallelism)
  try {
    await run.run(new SeededRandom(1))
  } finally {
    await run.close()
  }
  return run.all
}

async function failure(promise: Promise<unknown>): Promise<MillraceError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof MillraceError)) throw new Error(`It did not fail well: ${error}`)
  return error
}

testSourceContract({
  name: 'files',
  create: async (t) => {
    const folder = await temporaryFolder(t)
    await writeFile(join(folder, 'a.txt'), 'one\ntwo\nthree\n')
    await writeFile(join(folder, 'b.txt'), 'four\nfive\nsix\nseven')
    return () => FileSource.lines(folder, { splitSizeBytes: 8 })
  },
  records: ['one', 'two', 'three', 'four', 'five', 'six', 'seven'],
  isReplayable: true,
})

test('a file, a folder with what is below it, and a glob are read, each file once', async (t) => {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'a/b'), { recursive: true })
  await writeFile(join(folder, 'a/one.txt'), 'one\n')
  await writeFile(join(folder, 'a/b/two.txt'), 'two')
  await writeFile(join(folder, 'a/b/empty.txt'), '')
  await writeFile(join(folder, 'three.md'), 'three\r\n\r\nfour')
  deepEqual(await readAll(FileSource.lines(join(folder, 'a/one.txt'))), ['one'])
  deepEqual([...(await readAll(FileSource.lines(join(folder, 'a'))))].sort(), ['one', 'two'])
  const all = FileSource.lines([join(folder, '**/*.txt'), join(folder, 'a'), `${folder}/*.{md,x}`])
  deepEqual([...(await readAll(all))].sort(), ['', 'four', 'one', 'three', 'two'])
})

test('in a folder hidden files are left out, links are followed, and loops end', async (t) => {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'in/.git'), { recursive: true })
  await writeFile(join(folder, 'in/.git/config'), 'hidden\n')
  await writeFile(join(folder, 'in/_SUCCESS'), 'hidden\n')
  await writeFile(join(folder, 'in/.part-0.inprogress'), 'hidden\n')
  await mkdir(join(folder, 'elsewhere'))
  await writeFile(join(folder, 'elsewhere/linked'), 'linked\n')
  await symlink(join(folder, 'elsewhere'), join(folder, 'in/link'))
  await symlink(join(folder, 'in'), join(folder, 'in/loop'))
  deepEqual(await readAll(FileSource.lines(join(folder, 'in'))), ['linked'])
  deepEqual(await readAll(FileSource.lines(join(folder, 'in/.part-0.inprogress'))), ['hidden'])
})

test('a path whose name looks like a glob is a path if it is there', async (t) => {
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, 'a[1].txt'), 'bracket\n')
  deepEqual(await readAll(FileSource.lines(join(folder, 'a[1].txt'))), ['bracket'])
})

test('a missing path is named as an absolute one, with the working directory', async () => {
  const error = await failure(readAll(FileSource.lines('no/such/file.txt')))
  equal(error.code, 'FILE_NOT_FOUND')
  const path = join(process.cwd(), 'no/such/file.txt')
  ok(error.message.includes(path) && error.message.includes(`from ${process.cwd()}`))
})

test('a glob without a match is an error, and while new files are looked for it is none', async (t) => {
  const folder = await temporaryFolder(t)
  const error = await failure(readAll(FileSource.lines(join(folder, '*.txt'))))
  equal(error.code, 'FILE_NOT_FOUND')
  match(error.message, /No file matches .*\*\.txt/)
  const run = new SourceRun(FileSource.lines(join(folder, '*.txt'), { monitorIntervalMs: 100 }), 1)
  await run.runScheduled()
  await run.close()
})

test('new files are read as they come, each once', async (t) => {
  const folder = await temporaryFolder(t)
  const source = FileSource.lines(folder, { monitorIntervalMs: 100 })
  equal(source.boundedness, 'continuous-unbounded')
  const run = new SourceRun(source, 2)
  const random = new SeededRandom(1)
  for (let i = 0; i < 3; i++) {
    await writeFile(join(folder, `.file-${i}`), `line ${i}\n`)
    await rename(join(folder, `.file-${i}`), join(folder, `file-${i}`))
    await run.runScheduled()
    await run.run(random, () => run.all.length > i)
    await run.runScheduled()
  }
  const snapshot = run.snapshot()
  await run.close()
  deepEqual([...run.all].sort(), ['line 0', 'line 1', 'line 2'])
  const second = new SourceRun(source, 2, snapshot)
  await writeFile(join(folder, 'file-3'), 'line 3\n')
  await second.runScheduled()
  await second.run(random, () => second.all.length > 0)
  await second.close()
  deepEqual(second.all, ['line 3'])
})

test('a file that vanished or shrank after it was found fails the read and is named', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'data.txt')
  const source = FileSource.lines(path)
  const open = (): SourceRun<string, FileSplit, unknown> =>
    new SourceRun(source, 1, {
      enumerator: { pending: [], isDiscovered: true, seenPaths: [] },
      readers: [[{ path, start: 0, end: 100, position: 0 }]],
    })
  const gone = await failure(open().run(new SeededRandom(1)))
  deepEqual([gone.code, gone.disposition], ['FILE_READ_FAILED', 'retry'])
  match(gone.message, /data\.txt cannot be read: ENOENT/)
  await writeFile(path, 'x'.repeat(100))
  await truncate(path, 50)
  const shrunk = await failure(open().run(new SeededRandom(1)))
  equal(shrunk.code, 'FILE_READ_FAILED')
  match(shrunk.message, /has 50 bytes, but had at least 100/)
})

test('JSON lines are values; blank lines are none; a bad line is named with its place', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'data.json')
  await writeFile(path, '{"a":1}\n\n[2]\n')
  deepEqual(await readAll(FileSource.json(path)), [{ a: 1 }, [2]])
  await writeFile(path, '{"a":1}\n{"a":\n')
  const error = await failure(readAll(FileSource.json(path)))
  equal(error.code, 'SOURCE_FAILED')
  match(error.message, /line at byte 8 of file .*data\.json/)
})

test('a line beyond the bound fails, in one chunk or in many', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'long.txt')
  for (const length of [101, 1_000_000]) {
    await writeFile(path, `short\n${'x'.repeat(length)}\nshort\n`)
    const error = await failure(readAll(FileSource.lines(path, { lineSizeMaxBytes: 100 })))
    equal(error.code, 'RECORD_TOO_LARGE')
    match(error.message, /long\.txt at byte 6 is longer than 100 bytes/)
  }
  await writeFile(path, `${'x'.repeat(100)}\n`)
  deepEqual(await readAll(FileSource.lines(path, { lineSizeMaxBytes: 100 })), ['x'.repeat(100)])
})

test('a line larger than many chunks is read whole', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'huge.txt')
  const huge = 'ž'.repeat(1_500_000)
  await writeFile(path, `a\n${huge}\nb\n`)
  const lines = await readAll(FileSource.lines(path, { splitSizeBytes: 1_000_000 }), 3)
  deepEqual([...lines].sort(), ['a', 'b', huge])
})

test('small files go out several at once, and every reader gets some', async (t) => {
  const folder = await temporaryFolder(t)
  await Promise.all(
    Array.from({ length: 200 }, (_, i) => writeFile(join(folder, `${i}`), `${i}\n`)),
  )
  const run = new SourceRun(FileSource.lines(folder), 4)
  await run.run(new SeededRandom(1))
  await run.close()
  equal(new Set(run.all).size, 200)
  for (const emitted of run.emitted) ok(emitted.length >= 10, `${emitted.length} of 200`)
})

test('a source without a path, or with senseless options, is refused at once', async () => {
  const missing = undefined as unknown as string
  throws(() => FileSource.lines(missing), { code: 'ARGUMENT_INVALID' })
  throws(() => FileSource.lines([]), { code: 'ARGUMENT_INVALID' })
  throws(() => FileSource.lines('a', { splitSizeBytes: 0 }), /splitSizeBytes .* 0/)
  await rejects(readAll(FileSource.lines('/dev/null')), { code: 'FILE_READ_FAILED' })
})
