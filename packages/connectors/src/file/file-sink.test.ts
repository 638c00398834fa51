import { deepEqual, equal, notEqual, rejects, throws } from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { testSinkContract } from '../sink-contract-test-support.ts'
import { type SinkCheckpoint, SinkRun } from '../sink-run-test-support.ts'
import { sinkJobId, sinkWriterContext } from '../sink-test-support.ts'
import { ManualClock } from '../source-test-support.ts'
import { FileSink } from './file-sink.ts'
import type { OutputFiles } from './sink/output-files.ts'
import type { FileCommittable, FileWriterState } from './sink/part-file.ts'
import { OnCheckpointRollingPolicy, SizeAndTimeRollingPolicy } from './sink/rolling-policy.ts'

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const inProgress = (attempt: number, part = 0): string =>
  `.part-0-${part}.${sinkJobId}-${attempt}-0-0.inprogress`

type FileSinkRun<T> = SinkRun<T, FileCommittable, FileWriterState>

function open<T>(
  sink: FileSink<T>,
  options: {
    readonly parallelism?: number
    readonly attemptNumber?: number
    readonly clock?: ManualClock
    readonly restored?: SinkCheckpoint
  } = {},
): Promise<FileSinkRun<T>> {
  const { parallelism = 1, attemptNumber = 0, clock = new ManualClock(), restored } = options
  return SinkRun.open(sink, { parallelism, attemptNumber, clock, restored })
}

async function finish<T>(run: FileSinkRun<T>): Promise<void> {
  await run.takeCheckpoint(99, true)
  await run.commit()
  await run.close()
}

/** A disk that writes when the test says so. */
function slowFiles() {
  const written: string[] = []
  const waiting: { readonly finish: () => void; readonly fail: (error: Error) => void }[] = []
  const files: OutputFiles = {
    makeFolder: async () => {},
    create: async () => ({
      write: (bytes) =>
        new Promise((resolve, reject) => {
          const finish = (): void => {
            written.push(Buffer.from(bytes).toString())
            resolve()
          }
          waiting.push({ finish, fail: reject })
        }),
      sync: async () => {},
      close: async () => {},
    }),
    copyStart: async () => {
      throw new Error('nothing is restored')
    },
    list: async () => [],
    sizeOf: async () => undefined,
    remove: async () => {},
    rename: async () => {},
    syncFolder: async () => {},
    resolve: (folder, name) => `${folder}/${name}`,
  }
  return { files, written, waiting }
}

const settlePromises = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

testSinkContract<{ readonly n: number }, FileCommittable, FileWriterState>({
  name: 'files',
  create: async (t) => {
    const folder = await temporaryFolder(t)
    const visible = async (): Promise<readonly { readonly n: number }[]> => {
      const parts = (await readdir(folder)).filter((file) => file.startsWith('part-'))
      const texts = await Promise.all(parts.map((file) => readFile(join(folder, file), 'utf8')))
      const lines = texts.flatMap((text) => text.split('\n').filter(Boolean))
      return lines.map((line) => JSON.parse(line) as { n: number })
    }
    const options = { rollingPolicy: new SizeAndTimeRollingPolicy({ partSizeBytesMax: 12 }) }
    return { open: () => FileSink.json<{ readonly n: number }>(folder, options), visible }
  },
  records: [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }],
  isTwoPhase: true,
})

test('a file appears under its name when it is committed', async (t) => {
  const folder = join(await temporaryFolder(t), 'made/by/the/sink')
  const run = await open(FileSink.lines(folder))
  for (const line of ['one', '', 'žluť']) await run.write(0, line)
  await run.takeCheckpoint(1)
  deepEqual(await readdir(folder), [inProgress(0)])
  equal(await readFile(join(folder, inProgress(0)), 'utf8'), 'one\n\nžluť\n')
  await run.write(0, 'last')
  await run.takeCheckpoint(2, true)
  deepEqual(await readdir(folder), [inProgress(0)])
  await run.commit()
  await run.close()
  deepEqual(await readdir(folder), ['part-0-0'])
  equal(await readFile(join(folder, 'part-0-0'), 'utf8'), 'one\n\nžluť\nlast\n')
})

test('records are lines of JSON, each subtask has a file, and none waits for size', async (t) => {
  const folder = await temporaryFolder(t)
  const run = await open(FileSink.json<{ n: number }>(folder), { parallelism: 2 })
  for (let n = 0; n < 50_000; n++) {
    for (const subtaskIndex of [0, 1]) await run.write(subtaskIndex, { n })
  }
  await finish(run)
  deepEqual((await readdir(folder)).sort(), ['part-0-0', 'part-1-0'])
  const lines = (await readFile(join(folder, 'part-1-0'), 'utf8')).trimEnd().split('\n')
  deepEqual([lines.length, lines[49_999]], [50_000, '{"n":49999}'])
})

test('a file is closed by its size, by its age, by silence, or by a checkpoint', async (t) => {
  const folder = await temporaryFolder(t)
  const clock = new ManualClock()
  const rollingPolicy = new SizeAndTimeRollingPolicy({
    partSizeBytesMax: 100_000,
    rolloverIntervalMs: 10_000,
    inactivityIntervalMs: 3000,
  })
  const run = await open(FileSink.lines(folder, { rollingPolicy }), { clock })
  const partCount = async (): Promise<number> => {
    await run.takeCheckpoint(1)
    await run.commit()
    return (await readdir(folder)).filter((name) => name.startsWith('part-')).length
  }
  await run.write(0, 'x'.repeat(99_000))
  equal(await partCount(), 0)
  await run.write(0, 'x'.repeat(1000))
  equal(await partCount(), 1)
  for (let i = 0; i < 5; i++) {
    await run.write(0, 'x')
    clock.advance(2000)
  }
  equal(await partCount(), 1)
  await run.write(0, 'x')
  clock.advance(2000)
  equal(await partCount(), 2)
  await run.write(0, 'x')
  clock.advance(4999)
  equal(await partCount(), 3)
  equal(clock.timerCount, 0)
  await run.close()
})

test('by default a file stays open over checkpoints, and the other policy closes it', async (t) => {
  for (const [options, names] of [
    [{}, [inProgress(0)]],
    [{ rollingPolicy: new OnCheckpointRollingPolicy() }, ['part-0-0', 'part-0-1']],
  ] as const) {
    const folder = await temporaryFolder(t)
    const run = await open(FileSink.lines(folder, options))
    for (const checkpointId of [1, 2]) {
      await run.write(0, 'line')
      await run.takeCheckpoint(checkpointId)
      await run.commit()
    }
    deepEqual((await readdir(folder)).sort(), names)
    await run.close()
  }
})

test('a restored subtask goes on in a copy of what was written by the checkpoint', async (t) => {
  const folder = await temporaryFolder(t)
  const run = await open(FileSink.lines(folder))
  await run.write(0, 'before')
  const restored = await run.takeCheckpoint(7)
  await run.write(0, 'after')
  await run.close()
  const next = await open(FileSink.lines(folder), { attemptNumber: 1, restored })
  await next.write(0, 'again')
  await finish(next)
  deepEqual(await readdir(folder), ['part-0-0'])
  equal(await readFile(join(folder, 'part-0-0'), 'utf8'), 'before\nagain\n')
})

test('files of a checkpoint that are gone, changed or taken are named', async (t) => {
  const folder = await temporaryFolder(t)
  const run = await open(FileSink.lines(folder))
  await run.write(0, 'line')
  const inHand = await run.takeCheckpoint(1)
  const prepared = await run.takeCheckpoint(2, true)
  await run.close()
  const start = (restored: SinkCheckpoint) => async () => open(FileSink.lines(folder), { restored })
  await writeFile(join(folder, 'part-0-0'), 'of somebody else\n')
  const taken = { code: 'FILE_WRITE_FAILED', message: /part-0-0: a file of that name is there/ }
  await rejects(start(prepared), taken)
  await rm(join(folder, 'part-0-0'))
  await truncate(join(folder, inProgress(0)), 2)
  await rejects(start(prepared), { code: 'FILE_WRITE_FAILED', message: /2 bytes, but had 5/ })
  await rejects(start(inHand), { code: 'FILE_WRITE_FAILED', message: /2 bytes, but had 5/ })
  await rm(join(folder, inProgress(0)))
  const neither = { code: 'FILE_WRITE_FAILED', message: /part-0-0.*\.part-0-0.*inprogress/ }
  await rejects(start(prepared), neither)
  await rejects(start(inHand), { code: 'FILE_WRITE_FAILED', message: /gone, and so is .*part-0-0/ })
})

test('two sinks do not write into one file', async (t) => {
  const folder = await temporaryFolder(t)
  const run = await open(FileSink.lines(folder))
  const second = await open(FileSink.lines(folder))
  for (const each of [run, second]) await each.write(0, 'line')
  await run.takeCheckpoint(1)
  const isNamed = { code: 'FILE_WRITE_FAILED', message: /Give each a/ }
  await rejects(async () => second.takeCheckpoint(1), isNamed)
  await run.close()
})

test('what JSON has no word for is refused', async (t) => {
  const sink = FileSink.json<unknown>(await temporaryFolder(t))
  const writer = await sink.createWriter(sinkWriterContext(), [])
  writer.write(null)
  for (const record of [undefined, () => 1, Symbol('s'), Promise.resolve(1)]) {
    throws(() => writer.write(record), { code: 'RECORD_TYPE_MISMATCH' })
  }
  await writer.close()
})

test('without a checkpoint a restarted subtask begins again, and replaces', async (t) => {
  const folder = await temporaryFolder(t)
  const sink = FileSink.lines(folder)
  const finished = await open(sink)
  await finished.write(0, 'of attempt 0')
  await finish(finished)
  const stale = await open(sink, { attemptNumber: 1 })
  await stale.write(0, 'of attempt 1')
  await stale.takeCheckpoint(1, true)
  const run = await open(sink, { attemptNumber: 2 })
  await rejects(async () => stale.commit(), { code: 'FILE_WRITE_FAILED' })
  await run.write(0, 'of attempt 2')
  await finish(run)
  const names = await readdir(folder)
  equal(names.length, 1)
  equal(await readFile(join(folder, names[0] ?? ''), 'utf8'), 'of attempt 2\n')
})

test('a canceled subtask leaves what it wrote under the name in progress', async (t) => {
  const folder = await temporaryFolder(t)
  const writer = await FileSink.lines(folder).createWriter(sinkWriterContext(), [])
  writer.write('so far')
  await writer.close()
  deepEqual(await readdir(folder), [inProgress(0)])
  equal(await readFile(join(folder, inProgress(0)), 'utf8'), 'so far\n')
})

test('a full disk fails the sink, naming the file and the cause', async (t) => {
  const folder = await temporaryFolder(t)
  const writer = await FileSink.lines(folder).createWriter(sinkWriterContext(), [])
  await symlink('/dev/full', join(folder, inProgress(0)))
  writer.write('x'.repeat(100_000))
  const isNamed = { code: 'FILE_WRITE_FAILED', message: /-0-0-0\.inprogress .*ENOSPC/ }
  await rejects(async () => writer.flush(false), isNamed)
  throws(() => writer.blocked?.(), isNamed)
  throws(() => writer.write('x'.repeat(100_000)), isNamed)
})

test('a folder that cannot be made fails the sink, naming it', async (t) => {
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, 'file'), '')
  const sink = FileSink.lines(join(folder, 'file/below'))
  await rejects(async () => sink.createWriter(sinkWriterContext(), []), {
    code: 'FILE_WRITE_FAILED',
    message: /file\/below/,
  })
  await symlink(join(folder, 'nowhere'), join(folder, 'link'))
  const behindLink = FileSink.lines(join(folder, 'link/below'))
  await rejects(async () => behindLink.createWriter(sinkWriterContext(), []), {
    code: 'FILE_WRITE_FAILED',
  })
  throws(() => FileSink.lines(''), { code: 'ARGUMENT_INVALID' })
})

test('a slow disk blocks the writer until half of what waits is written', async () => {
  const { files, waiting, written } = slowFiles()
  const settings = { directory: '/out', format: (line: string) => line, files }
  const sink = new FileSink({ ...settings, options: { bufferSizeBytesMax: 200_000 } })
  const writer = await sink.createWriter(sinkWriterContext(), [])
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
  await settlePromises()
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
  const writer = await sink.createWriter(sinkWriterContext(), [])
  writer.write('x'.repeat(70_000))
  const blocked = writer.blocked?.()
  await settlePromises()
  waiting.shift()?.fail(new Error('gone'))
  await blocked
  throws(() => writer.blocked?.(), /gone/)
})

test('a quiet stream is written after a moment', async () => {
  const { files, waiting, written } = slowFiles()
  const clock = new ManualClock()
  const settings = { directory: '/out', format: (line: string) => line, files }
  const sink = new FileSink({ ...settings, options: { flushIntervalMs: 50 } })
  const writer = await sink.createWriter(sinkWriterContext({ clock }), [])
  writer.write('a')
  clock.advance(49)
  equal(waiting.length, 0)
  clock.advance(1)
  await settlePromises()
  waiting.shift()?.finish()
  await settlePromises()
  deepEqual(written, ['a\n'])
  await writer.close()
  equal(clock.timerCount, 0)
})
