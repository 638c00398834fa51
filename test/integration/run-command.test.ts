import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

// `run --local` as users call it: a process of its own, a job of a folder outside the repository.

const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'millrace-run-'))

after(() => rmSync(folder, { recursive: true, force: true }))

interface Run {
  readonly child: ChildProcess
  /** Standard output so far, and what awaits a text in it: it may come in pieces. */
  readonly output: () => string
  readonly says: (text: RegExp) => Promise<void>
  readonly exitCode: Promise<number>
}

function run(words: readonly string[]): Run {
  const command = [process.execPath, '--conditions=source', main, 'run', ...words]
  return follow(spawn(process.execPath, command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] }))
}

/** The same on a terminal, which `script` makes: what is written to it is typed. */
function runOnTerminal(words: readonly string[]): Run {
  const command = [process.execPath, '--conditions=source', main, 'run', ...words]
  const quoted = command.map((word) => `'${word}'`).join(' ')
  const env = { ...process.env, TERM: 'xterm', NO_COLOR: '1' }
  // exec: a shell that still ran would end by the typed Ctrl-C itself, with its own exit code.
  const line = `stty rows 30 cols 120; exec ${quoted}`
  return follow(spawn('script', ['-qefc', line, '/dev/null'], { env }))
}

function follow(child: ChildProcess): Run {
  let output = ''
  const waiting = new Map<RegExp, () => void>()
  const onData = (text: string): void => {
    output += text
    for (const [awaited, resolve] of waiting) if (awaited.test(output)) resolve()
  }
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', onData)
  return {
    child,
    output: () => output,
    says: (text) =>
      new Promise((resolve) => {
        if (text.test(output)) resolve()
        else waiting.set(text, resolve)
      }),
    exitCode: once(child, 'close').then(([code]) => code as number),
  }
}

function jobOf(name: string, body: string): string {
  const path = join(folder, `${name}.ts`)
  writeFileSync(
    path,
    [
      `import { defineJob } from 'millrace'`,
      `import { DiscardSink, FileSink } from 'millrace/connectors'`,
      `export default defineJob('${name}', (env, args) => { ${body} })`,
    ].join('\n'),
  )
  return path
}

test('a bounded job finishes with exit code 0, its arguments and parallelism as given', async () => {
  const output = join(folder, 'squares')
  const module = jobOf(
    'squares',
    `env.fromSequence(1, Number(args['n']))
      .keyBy((n) => n % 3)
      .map((n) => n * n, { name: 'square' })
      .sinkTo(FileSink.lines(args['output']), { name: 'out' })`,
  )
  const words = [module, '--local', '-p', '2', '--', '--n', '10', '--output', output]
  const { exitCode, output: text } = run(words)
  assert.equal(await exitCode, 0, text())
  assert.match(text(), /FINISHED squares in/)
  const lines = [0, 1].flatMap((part) =>
    readFileSync(join(output, `part-${part}-0`), 'utf8')
      .trim()
      .split('\n'),
  )
  const squares = Array.from({ length: 10 }, (_, index) => (index + 1) ** 2)
  assert.deepEqual(
    lines
      .filter(Boolean)
      .map(Number)
      .sort((a, b) => a - b),
    squares,
  )
})

test('what a source read is told also where it is chained to its sink', async () => {
  const module = jobOf(
    'chained',
    `env.fromSequence(1, 1234).sinkTo(new DiscardSink(), { name: 'none' })`,
  )
  const { exitCode, output } = run([module, '--local'])
  assert.equal(await exitCode, 0, output())
  assert.match(output(), /FINISHED chained in .*, 1\.23 k records from its sources/)
})

test('a failing job ends with exit code 1 and names the line of the user', async () => {
  const module = jobOf(
    'failing',
    `env.fromSequence(1, 10)
      .map((n) => { if (n === 5) throw new TypeError('bad order'); return n }, { name: 'parse' })
      .sinkTo(new DiscardSink(), { name: 'none' })`,
  )
  const { exitCode, output } = run([module, '--local', '--set', 'restart-strategy.type=none'])
  assert.equal(await exitCode, 1, output())
  assert.match(output(), /USER_FUNCTION_FAILED/)
  assert.match(output(), /TypeError: bad order/)
  assert.match(output(), /failing\.ts:4/)
  assert.doesNotMatch(output(), /packages\/(api|taskmanager)/)
  assert.match(output(), /FAILED failing in/)
})

test('a failure that comes again is told in short, the last one at the end', async () => {
  const module = jobOf(
    'stubborn',
    `env.fromSequence(1, 10)
      .map(() => { throw new TypeError('bad order') }, { name: 'parse' })
      .sinkTo(new DiscardSink(), { name: 'none' })`,
  )
  const strategy = ['type=fixed-delay', 'fixed-delay.attempts=2', 'fixed-delay.delay=10 ms']
  const settings = strategy.flatMap((each) => ['--set', `restart-strategy.${each}`])
  const { exitCode, output } = run([module, '--local', ...settings])
  assert.equal(await exitCode, 1, output())
  assert.equal(output().match(/^USER_FUNCTION_FAILED$/gm)?.length, 1, output())
  assert.equal(output().match(/failed again: USER_FUNCTION_FAILED/g)?.length, 1, output())
  assert.equal(output().match(/^RESTARTS_EXHAUSTED$/gm)?.length, 1, output())
  assert.match(output(), /FAILED stubborn in .*, 2 restarts/)
})

test('checkpoints that fail are told, and so is the one a job goes on from', async () => {
  const module = jobOf(
    'saved',
    `env.enableCheckpointing('50 ms')
    env.fromSequence(1, 1e15)
      .map({
        open(context) { this.attempt = context.attemptNumber },
        notifyCheckpointComplete() { this.isSaved = true },
        map(n) {
          if (this.isSaved && this.attempt === 0) throw new Error('once')
          return n
        },
      }, { name: 'once' })
      .sinkTo(new DiscardSink(), { name: 'none' })`,
  )
  const failing = run([module, '--local'])
  await failing.says(/^It goes on from checkpoint [1-9]\d*\.$/m)
  failing.child.kill('SIGINT')
  assert.equal(await failing.exitCode, 3, failing.output())

  const place = join(folder, 'place')
  symlinkSync(mkdtempSync(join(folder, 'checkpoints-')), place)
  const setting = `execution.checkpointing.dir=${place}`
  const unwritable = run([module, '--local', '--set', setting])
  await unwritable.says(/RUNNING/)
  // From one moment to the next a file is where the directory was.
  renameSync(module, place)
  await unwritable.says(/Checkpoint \d+ failed, the job goes on without it; \d+ failed so far:\n/)
  await unwritable.says(/CHECKPOINT_FAILED\s.*not a directory/)
  unwritable.child.kill('SIGINT')
  assert.equal(await unwritable.exitCode, 3, unwritable.output())
})

test('a place for checkpoints that is a file is refused, with what to do', async () => {
  const module = jobOf(
    'placeless',
    "env.fromSequence(1, 9).sinkTo(new DiscardSink(), { name: 'no' })",
  )
  const settings = ['interval=1 s', `dir=${module}/place`]
  const flags = settings.flatMap((each) => ['--set', `execution.checkpointing.${each}`])
  const { exitCode, output } = run([module, '--local', ...flags])
  assert.equal(await exitCode, 1, output())
  assert.match(output(), /CHECKPOINT_DIRECTORY_UNUSABLE/)
  assert.match(output(), /placeless\.ts\/place\/[0-9a-f]+:\s+ENOTDIR: not a\s+directory/)
})

test('a module that throws is refused with exit code 2 and its line', async () => {
  const module = join(folder, 'throws.ts')
  writeFileSync(module, "\nthrow new Error('no settings')\nexport default 1\n")
  const { exitCode, output } = run([module, '--local'])
  assert.equal(await exitCode, 2, output())
  assert.match(output(), /JOB_MODULE_THREW/)
  assert.match(output(), /throws\.ts:2/)
})

test('without a terminal Ctrl-C cancels the job and waits: exit code 3', async () => {
  const module = jobOf(
    'endless',
    `env.fromSequence(1, 1e15)
      .keyBy((n) => n % 10)
      .map((n) => n, { name: 'same' })
      .sinkTo(new DiscardSink(), { name: 'none' })`,
  )
  const { child, says, exitCode, output } = run([module, '--local', '--json'])
  await says(/\["RUNNING",1\]/)
  child.kill('SIGINT')
  assert.equal(await exitCode, 3, output())
  const events = output()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.equal(events[0].event, 'submitted')
  assert.equal(events.at(-1).event, 'ended')
  assert.equal(events.at(-1).status, 'CANCELED')
  assert(events.some(({ event }) => event === 'canceling'))
})

test('SIGTERM cancels a local job as Ctrl-C does, and no temporary file is left', async () => {
  const module = jobOf(
    'terminated',
    `env.fromSequence(1, 1e15)
      .keyBy((n) => n % 10)
      .map((n) => n, { name: 'same' })
      .sinkTo(new DiscardSink(), { name: 'none' })`,
  )
  const temporary = mkdtempSync(join(folder, 'tmp-'))
  const { child, says, exitCode, output } = run([module, '--local', ...tmpDirs(temporary)])
  await says(/RUNNING/)
  assert.notDeepEqual(readdirSync(temporary), [])
  child.kill('SIGTERM')
  assert.equal(await exitCode, 3, output())
  assert.match(output(), /CANCELED terminated in /)
  assert.deepEqual(readdirSync(temporary), [])
})

test('a signal ends a local run also while its module loads, and no temporary file is left', async () => {
  const module = join(folder, 'loading.ts')
  writeFileSync(module, "import { writeSync } from 'node:fs'\nwriteSync(1, 'loads')\nfor (;;);\n")
  const temporary = mkdtempSync(join(folder, 'tmp-'))
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const { child, says, exitCode, output } = run([module, '--local', ...tmpDirs(temporary)])
    await says(/loads/)
    assert.notDeepEqual(readdirSync(temporary), [])
    child.kill(signal)
    assert.equal(await exitCode, 3, output())
    assert.match(output(), new RegExp(`${signal} came before the job ran`))
    assert.deepEqual(readdirSync(temporary), [])
  }
})

function tmpDirs(folder: string): readonly string[] {
  return ['--set', `io.tmp.dirs=${folder}`]
}

const hasTerminals = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0
const isSkipped = !hasTerminals && !process.env['CI']
const onTerminals = { skip: isSkipped ? 'there is no script(1) of Linux' : false }

test(
  'on a terminal progress is drawn and Ctrl-C asks; to cancel is exit code 3',
  onTerminals,
  async () => {
    const module = jobOf(
      'drawn',
      `env.fromSequence(1, 1e15)
      .keyBy((n) => n % 10)
      .map((n) => n, { name: 'same' })
      .sinkTo(new DiscardSink(), { name: 'none' })`,
    )
    const { child, says, exitCode, output } = runOnTerminal([module, '--local'])
    await says(/RUNNING {2}drawn/)
    await says(/vertex +state +in\/s +out\/s +busy +backpressure/)
    child.stdin?.write('\u0003')
    await says(/What about the job drawn\?[\s\S]*Go on/)
    assert.doesNotMatch(output(), /Leave it running/, 'a local job ends with the command')
    child.stdin?.write('\r')
    assert.equal(await exitCode, 3, output())
    assert.match(output(), /Canceling drawn …/)
    assert.match(output(), /CANCELED drawn in/)
  },
)
