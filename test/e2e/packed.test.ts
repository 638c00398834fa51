// The package as users get it: packed, installed in an empty folder elsewhere, a job of that folder
// run on a cluster started by the installed command.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { checkTotals, isExact } from '../../examples/demo/totals-check.ts'
import { freePort } from '../real-cluster/real-cluster.ts'

const root = join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'millrace-packed-'))
const clusterDirectory = join(folder, 'cluster')

/** What the user has written: a job in TypeScript and a CommonJS package that it needs. */
const usersFiles = {
  'package.json': '{ "name": "users-project", "type": "module" }',
  'squares.ts': `import { defineJob } from 'millrace'
import { FileSink } from 'millrace/connectors'
import { squareText } from './square-text.ts'
export default defineJob('squares', (env, args) => {
  env.fromSequence(1, 100)
    .keyBy((value) => value % 7)
    .map((value) => squareText(value), { name: 'square' })
    .sinkTo(FileSink.lines(args['output'] ?? 'out'), { name: 'squares' })
})
`,
  'square-text.ts': `import power from 'power'
export const squareText = (value: number): string => String(power(value, 2))
`,
  'power/package.json': '{ "name": "power", "version": "1.0.0", "main": "power.js" }',
  'power/power.js': `const { pow } = require('./own-math')
if (typeof __dirname !== 'string') throw new Error('no __dirname')
module.exports = (base, exponent) => pow(base, exponent)
`,
  'power/power.d.ts': `declare function power(base: number, exponent: number): number
export = power
`,
  'power/own-math.js': 'exports.pow = Math.pow\n',
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      target: 'esnext',
      module: 'nodenext',
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      types: ['node'],
    },
    files: ['squares.ts'],
  }),
}

/** Nothing of the repository is on the path but its Node, which npm runs on as well. */
const env: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
}

function run(command: string, args: readonly string[], cwd = folder): string {
  const done = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: 120_000 })
  assert.equal(done.status, 0, `${command} ${args.join(' ')}:\n${done.stdout}${done.stderr}`)
  return done.stdout
}

const millrace = (...args: readonly string[]): string =>
  run(join(folder, 'node_modules', '.bin', 'millrace'), args)

before(() => {
  for (const [name, text] of Object.entries(usersFiles)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  run(process.execPath, [join(root, '.ci', 'build.ts')], root)
  const tarball = run(process.execPath, [join(root, '.ci', 'pack.ts'), folder], root).trim()
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
  // Copied, not linked: as packages from a registry are.
  run('npm', ['install', '--prefer-offline', '--install-links', ...quiet, tarball, './power'])
})

after(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('a job of the folder runs on a cluster of the installed package', async () => {
  const port = await freePort()
  const set = ['--set', `jobmanager.rpc.port=${port}`]
  millrace('cluster', 'start', '--dir', clusterDirectory, '--taskmanagers', '2', ...set)
  try {
    const to = ['--jobmanager', `localhost:${port}`]
    millrace('run', 'squares.ts', '-p', '2', ...to, '--', '--output', 'out')
  } finally {
    millrace('cluster', 'stop', '--dir', clusterDirectory)
  }
  const lines = globSync('out/part-*', { cwd: folder }).flatMap((part) =>
    readFileSync(join(folder, part), 'utf8').trim().split('\n'),
  )
  const expected = Array.from({ length: 100 }, (_, index) => (index + 1) ** 2)
  assert.deepEqual(
    lines.map(Number).sort((left, right) => left - right),
    expected,
  )
})

for (const backend of ['heap', 'leveldb']) {
  test(`a job of the package keeps its state on ${backend}, with checkpoints`, () => {
    const example = join('node_modules', 'millrace', 'examples', 'exactly-once.ts')
    const output = `totals-${backend}`
    const set = ['--set', `state.backend.type=${backend}`]
    const args = ['--count', '10000', '--rate', '10000', '--interval', '100 ms', '--output', output]
    millrace('run', example, '--local', '-p', '2', ...set, '--', ...args)
    assert.equal(isExact(checkTotals(join(folder, output), 10_000)), true)
  })
}

test('the job of the folder runs in one process without a cluster', () => {
  millrace('run', 'squares.ts', '--local', '--', '--output', 'local')
  const lines = globSync('local/part-*', { cwd: folder }).flatMap((part) =>
    readFileSync(join(folder, part), 'utf8').trim().split('\n'),
  )
  assert.equal(lines.length, 100)
})

test('the job of the folder passes the type check of its own project', () => {
  run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc')])
})

test('the package holds no sources and no tests', () => {
  const files = globSync('node_modules/{millrace,@millrace}/**/*', { cwd: folder })
  assert(files.length > 100, `${files.length} files`)
  const unwanted = files.filter((file) => /millrace\/src\/|\.test\./.test(file))
  assert.deepEqual(unwanted, [])
})

test('an error of the installed command names a page of the package', () => {
  const millrace = join(folder, 'node_modules', '.bin', 'millrace')
  const done = spawnSync(millrace, ['run', 'none.ts'], { cwd: folder, env, encoding: 'utf8' })
  const [, page = ''] = / (\S+) says more about FILE_NOT_FOUND/.exec(done.stderr) ?? []
  assert.match(readFileSync(join(folder, page), 'utf8'), /^### FILE_NOT_FOUND$/m, done.stderr)
})

test('importing the package loads the API and nothing else', () => {
  const script = `
    import { defineJob } from 'millrace'
    if (typeof defineJob !== 'function') throw new Error('no API')
    const loaded = process.moduleLoadList ?? []
    if (loaded.includes('NativeModule http2')) throw new Error('gRPC was loaded')
  `
  run(process.execPath, ['--input-type=module', '--eval', script])
})
