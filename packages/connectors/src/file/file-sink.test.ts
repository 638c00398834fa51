import { deepEqual, equal, notEqual, rejects, throws } from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { testSinkContract } from '../sink-contract-test-support.ts'
import { sinkJobId, sinkWriterContext } from '../sink-test-support.ts'
import { ManualClock } from '../source-test-support.ts'
import { FileSink } from './file-sink.ts'
import type { OutputFiles } from './output-files.ts'

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const inProgress = (attempt: number): string => `.part-0.${sinkJobId}.attempt-${attempt}.inprogress`

/** A disk that writes when the test says so. */
function slowFiles() {
  const written: string[] = []
  const waiting: { readonly finish: () => void; readonly fail: (error: Error) => void }[] = []
  const files: OutputFiles = {
    create: async () => ({
      write: (bytes) =>
        new Promise((resolve, reject) => {
          const finish = (): void => {
            written.push(Buffer.from(bytes).toString())
            resolve()
          }
          waiting.push({ finish, fail: reject })
        }),
      finish: async () => {},
      close: async () => {},
    }),
    list: async () => [],
    remove: async () => {},
    rename: async () => {},
    resolve: (folder, name) => `${folder}/${name}`,
  }
  return { files, written, waiting }
}

const settlePromises = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

testSinkContract({
  name: 'files',
  create: async (t) => {
    const folder = await temporaryFolder(t)
    const visible = async (): Promise<readonly { readonly n: number }[]> => {
      const parts = (await readdir(folder)).filter((file) => file.startsWith('part-'))
      const texts = await Promise.all(parts.map((file) => readFile(join(folder, file), 'utf8')))
      const lines = texts.flatMap((text) => text.split('\n').filter(Boolean))
      return lines.map((line) => JSON.parse(line) as { n: number })
    }
    return { sink: FileSink.json<{ readonly n: number }>(folder), visible }
  },
  records: [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }],
})

test('a file appears under its name when the input has ended', async (t) => {
  const folder = join(await temporaryFolder(t), 'made/by/the/sink')
  const writer = await FileSink.lines(folder).createWriter(sinkWriterContext())
  for (const line of ['one', '', 'žluť']) writer.write(line)
  await writer.flush(false)
  deepEqual(await readdir(folder), [inProgress(0)])
  equal(await readFile(join(folder, inProgress(0)), 'utf8'), 'one\n\nžluť\n')
  writer.write('last')
  await writer.flush(true)
  await writer.close()
  deepEqual(await readdir(folder), ['part-0'])
  equal(await readFile(join(folder, 'part-0'), 'utf8'), 'one\n\nžluť\nlast\n')
})

test('records are lines of JSON, each subtask has a file, and none waits for size', async (t) => {
  const folder = await temporaryFolder(t)
  for (const subtaskIndex of [0, 1]) {
    const sink = FileSink.json<{ n: number }>(folder)
    const writer = await sink.createWriter(sinkWriterContext({ subtaskIndex }))
    for (let n = 0; n < 50_000; n++) writer.write({ n })
    await writer.flush(true)
    await writer.close()
  }
  deepEqual((await readdir(folder)).sort(), ['part-0', 'part-1'])
  const lines = (await readFile(join(folder, 'part-1'), 'utf8')).trimEnd().split('\n')
  deepEqual([lines.length, lines[49_999]], [50_000, '{"n":49999}'])
})

test('two sinks do not write into one file', async (t) => {
  const folder = await temporaryFolder(t)
  const writer = await FileSink.lines(folder).createWriter(sinkWriterContext())
  const second = FileSink.lines(folder).createWriter(sinkWriterContext())
  await rejects(async () => await second, { code: 'FILE_WRITE_FAILED', message: /Give each a/ })
  await writer.close()
})

test('what JSON has no word for is refused', async (t) => {
  const sink = FileSink.json<unknown>(await temporaryFolder(t))
  const writer = await sink.createWriter(sinkWriterContext())
  writer.write(null)
  for (const record of [undefined, () => 1, Symbol('s'), Promise.resolve(1)]) {
    throws(() => writer.write(record), { code: 'RECORD_TYPE_MISMATCH' })
  }
  await writer.close()
})

test('a restarted subtask begins again, and the attempt before it can finish nothing', async (t) => {
  const folder = await temporaryFolder(t)
  const sink = FileSink.lines(folder)
  const finished = await sink.createWriter(sinkWriterContext())
  finished.write('of attempt 0')
  await finished.flush(true)
  const stale = await sink.createWriter(sinkWriterContext({ attemptNumber: 1 }))
  stale.write('of attempt 1')
  await stale.flush(false)
  const writer = await sink.createWriter(sinkWriterContext({ attemptNumber: 2 }))
  deepEqual(await readdir(folder), [inProgress(2)])
  await rejects(async () => stale.flush(true), { code: 'FILE_WRITE_FAILED' })
  writer.write('of attempt 2')
  await writer.flush(true)
  deepEqual(await readdir(folder), ['part-0'])
  equal(await readFile(join(folder, 'part-0'), 'utf8'), 'of attempt 2\n')
})

test('a canceled subtask leaves what it wrote under the name in progress', async (t) => {
  const folder = await temporaryFolder(t)
  const writer = await FileSink.lines(folder).createWriter(sinkWriterContext())
  writer.write('so far')
  await writer.close()
  deepEqual(await readdir(folder), [inProgress(0)])
  equal(await readFile(join(folder, inProgress(0)), 'utf8'), 'so far\n')
})

test('a full disk fails the sink, naming the file and the cause', async (t) => {
  const folder = await temporaryFolder(t)
  await symlink('/dev/full', join(folder, inProgress(0)))
  const writer = await FileSink.lines(folder).createWriter(sinkWriterContext())
  writer.write('x'.repeat(100_000))
  const isNamed = { code: 'FILE_WRITE_FAILED', message: /attempt-0\.inprogress .*ENOSPC/ }
  await rejects(async () => writer.flush(false), isNamed)
  throws(() => writer.blocked?.(), isNamed)
  throws(() => writer.write('x'.repeat(100_000)), isNamed)
})

test('a folder that cannot be made fails the sink, naming it', async (t) => {
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, 'file'), '')
  const sink = FileSink.lines(join(folder, 'file/below'))
  await rejects(async () => sink.createWriter(sinkWriterContext()), {
    code: 'FILE_WRITE_FAILED',
    message: /file\/below/,
  })
  await symlink(join(folder, 'nowhere'), join(folder, 'link'))
  const behindLink = FileSink.lines(join(folder, 'link/below'))
  await rejects(async () => behindLink.createWriter(sinkWriterContext()), {
    code: 'FILE_WRITE_FAILED',
  })
  throws(() => FileSink.lines(''), { code: 'ARGUMENT_INVALID' })
})

test('a slow disk blocks the writer until half of what waits is written', async () => {
  const { files, waiting, written } = slowFiles()
  const settings = { directory: '/out', format: (line: string) => line, files }
  const sink = new FileSink({ ...settings, options: { bufferSizeBytesMax: 200_000 } })
  const writer = await sink.createWriter(sinkWriterContext())
  const line = 'x'.repeat(69_999)
  for (let i = 0; i < 2; i++) writer.write(line)
  equal(writer.blocked?.(), undefined)
  writer.write(line)
  const blocked = writer.blocked?.()
  notEqual(blocked, undefined)
  let isFree = false
  void blocked?.then(() => {
    isFree = true
  })
  waiting.shift()?.finish()
  await settlePromises()
  equal(isFree, false, '140 kB still wait')
  waiting.shift()?.finish()
  await settlePromises()
  equal(isFree, true)
  equal(writer.blocked?.(), undefined)
  equal(written.join(''), `${line}\n`.repeat(3))
})

test('a blocked writer is freed by a failure, and says it', async () => {
  const { files, waiting } = slowFiles()
  const settings = { directory: '/out', format: (line: string) => line, files }
  const sink = new FileSink({ ...settings, options: { bufferSizeBytesMax: 10 } })
  const writer = await sink.createWriter(sinkWriterContext())
  writer.write('x'.repeat(70_000))
  const blocked = writer.blocked?.()
  waiting.shift()?.fail(new Error('gone'))
  await blocked
  throws(() => writer.blocked?.(), /gone/)
})

test('a quiet stream is written after a moment', async () => {
  const { files, waiting, written } = slowFiles()
  const clock = new ManualClock()
  const settings = { directory: '/out', format: (line: string) => line, files }
  const sink = new FileSink({ ...settings, options: { flushIntervalMs: 50 } })
  const writer = await sink.createWriter(sinkWriterContext({ clock }))
  writer.write('a')
  clock.advance(49)
  equal(waiting.length, 0)
  clock.advance(1)
  waiting.shift()?.finish()
  await settlePromises()
  deepEqual(written, ['a\n'])
  equal(clock.timerCount, 0)
})
