import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { helpOfCommands } from './command-line.ts'
import { withCommandReference } from './command-reference.ts'

const main = fileURLToPath(new URL('main.ts', import.meta.url))

interface Result {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

async function millrace(
  words: readonly string[],
  variables: NodeJS.ProcessEnv = {},
): Promise<Result> {
  const child = spawn(process.execPath, ['--conditions=source', main, ...words], {
    env: { ...process.env, ...variables },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data) => (stdout += String(data)))
  child.stderr.on('data', (data) => (stderr += String(data)))
  const [exitCode] = (await once(child, 'close')) as [number]
  return { exitCode, stdout, stderr }
}

test('help names every command and the exit codes', async () => {
  const { exitCode, stdout } = await millrace(['--help'])
  assert.equal(exitCode, 0)
  for (const name of ['run', 'info', 'list', 'status', 'cancel', 'logs', 'cluster', 'completion']) {
    assert.match(stdout, new RegExp(`millrace ${name}`))
  }
  assert.match(stdout, /Exit codes: 0 done/)
})

test('docs/command-line.md shows the help of every command (npm run generate)', async () => {
  const page = readFileSync(new URL('../../../docs/command-line.md', import.meta.url), 'utf8')
  assert.equal(page, await withCommandReference(page))
  for (const name of (await helpOfCommands()).keys()) {
    assert.match(page, new RegExp(`^\\| .*\`millrace ${name}\\b`, 'm'), name)
  }
})

test('options that docs/command-line.md names exist', async () => {
  const page = readFileSync(new URL('../../../docs/command-line.md', import.meta.url), 'utf8')
  const written = page.slice(0, page.indexOf('## Reference'))
  const helps = [...(await helpOfCommands()).values()].join('\n')
  // Those of a job, in the part about them.
  const ofJobs = ['--name', '--input', '--output']
  const named = new Set(written.match(/(?<![\w-])--?[a-z][a-z-]*/g))
  assert.ok(named.size > 10, [...named].join(' '))
  const unknown = [...named].filter(
    (option) => !ofJobs.includes(option) && !new RegExp(`^ .*${option}\\b`, 'm').test(helps),
  )
  assert.deepEqual(unknown, [])
})

test('help of a command names its options', async () => {
  const { stdout } = await millrace(['run', '--help'])
  for (const name of [
    '--parallelism',
    '--detached',
    '--local',
    '--set',
    '--jobmanager',
    '--json',
  ]) {
    assert.match(stdout, new RegExp(name))
  }
})

test('the version is that of the package', async () => {
  assert.match((await millrace(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/)
})

test('completion knows commands and options', async () => {
  const { stdout } = await millrace(['--get-yargs-completions', 'millrace', ''])
  assert.match(stdout, /^run/m)
  const options = await millrace(['--get-yargs-completions', 'millrace', 'run', '--pa'])
  assert.match(options.stdout, /--parallelism/)
})

test('completion says nothing where no JobManager answers', async () => {
  const start = ['--get-yargs-completions', 'millrace', 'cancel', '-m', '127.0.0.1:1', '']
  const { exitCode, stderr, stdout } = await millrace(start)
  assert.deepEqual([exitCode, stderr], [0, ''])
  assert.doesNotMatch(stdout, /^[0-9a-f]{32}$/m)
})

test('what is wrong with the command line is said on standard error, exit code 2', async () => {
  const cases: readonly (readonly [words: readonly string[], says: RegExp])[] = [
    [[], /Commands:[\s\S]*millrace run <module>/],
    [['lst'], /no command 'lst'\. Did you mean list\?/],
    [['frob'], /no command 'frob'\.\n.*millrace --help/],
    [['cluster', 'strt'], /no command 'cluster strt'\. Did you mean start\?/],
    [['list', '--nonsense'], /list has no option --nonsense\.\n.*millrace list --help/],
    [['list', '--jsn'], /list has no option --jsn\. Did you mean --json\?/],
    [['list', '-q'], /list has no option -q\.\n/],
    [['list', 'all'], /list takes no arguments, so 'all' means nothing/],
    [['run', 'a.ts', 'b.ts'], /'b\.ts' means nothing; what is for the job follows --/],
    [['run', 'a.ts', '-p'], /-p needs a value/],
    [['run', 'a.ts', '--set'], /--set needs a value/],
    [['cluster'], /cluster start/],
    [['run'], /<module> is missing: millrace run <module>/],
    [['cancel'], /<job> is missing: millrace cancel <job>/],
    [['run', 'job.ts', '--local', '-m', 'a:1'], /leave --jobmanager out/],
    [['run', 'job.ts', '-p', '1', '-p', '2'], /-p was given more than once/],
    [['run', 'job.ts', '--local', '-d'], /cannot be --detached/],
    [['run', 'job.ts', '--set', 'taskmanager.data.port=1'], /a job cannot set it/],
    [['run', '/no/such/job.ts'], /FILE_NOT_FOUND[\s\S]*\/no\/such\/job\.ts/],
    [['run', 'job.ts', '-p', 'many'], /parallelism\.default cannot be 'many' \(--parallelism\)/],
    [
      ['list', '--set', 'heartbeat.intervall=1 s'],
      /CONFIG_KEY_UNKNOWN[\s\S]*heartbeat\.interval\?/,
    ],
    [['list', '--config', '/no/such/config.yaml'], /FILE_NOT_FOUND/],
    [['list', '--jobmanager', 'localhost'], /takes host:port/],
    [['rescale', 'abcd'], /parallelism is missing.*millrace rescale <job> -p 4/],
    [['rescale', 'abcd', '-p', '32769'], /'32769' is no parallelism/],
    [['status', 'abc'], /'abc' is no job id/],
    [['logs', '-n', '0'], /--lines takes/],
    [['cluster', 'start', '--slots', '0'], /\(--slots\): it takes a whole number/],
    [['cluster', 'start', '-t', '1.5'], /--taskmanagers takes/],
  ]
  const results = await Promise.all(
    cases.map(async ([words, says]) => ({ words, says, result: await millrace(words) })),
  )
  for (const { words, says, result } of results) {
    assert.match(result.stderr, says, words.join(' '))
    assert.equal(result.exitCode, 2, words.join(' '))
    assert.equal(result.stdout, '', words.join(' '))
    assert.doesNotMatch(result.stderr, /^\s+at /m, words.join(' '))
  }
})

test('mistakes are explained in one language, whatever the locale', async () => {
  const { stderr } = await millrace(['lst'], { LC_ALL: 'de_DE.UTF-8', LANG: 'de_DE.UTF-8' })
  assert.match(stderr, /There is no command 'lst'/)
})

test('a wrong environment variable is named', async () => {
  const { exitCode, stderr } = await millrace(['list'], { MILLRACE_LOG_LEVEL: 'loud' })
  assert.equal(exitCode, 2)
  assert.match(stderr, /log\.level cannot be 'loud' \(environment variable MILLRACE_LOG_LEVEL\)/)
})

test('a script gets errors as JSON', async () => {
  const { exitCode, stderr } = await millrace(['run', '/no/such/job.ts', '--json'])
  assert.equal(exitCode, 2)
  assert.equal(JSON.parse(stderr).error.code, 'FILE_NOT_FOUND')
})
