// The package as users get it: packed, installed in an empty folder elsewhere, a job of that folder
// run on a cluster started by the installed command.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { freePort } from '../real-cluster/real-cluster.ts'

const root = join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'millrace-packed-'))

/** Under the pinned Node, which is first on the PATH of every npm script. */
function run(command: string, args: readonly string[], cwd: string): string {
  const done = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 120_000 })
  assert.equal(done.status, 0, `${command} ${args.join(' ')}:\n${done.stdout}${done.stderr}`)
  return done.stdout
}

before(() => {
  run(process.execPath, [join(root, '.ci', 'build.ts')], root)
  const tarball = run(process.execPath, [join(root, '.ci', 'pack.ts'), folder], root).trim()
  writeFileSync(join(folder, 'package.json'), '{ "name": "users-project", "type": "module" }\n')
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', tarball], folder)
})

after(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('a job of the folder runs on a cluster of the installed package', async () => {
  writeFileSync(
    join(folder, 'squares.ts'),
    `import { defineJob } from 'millrace'
import { FileSink } from 'millrace/connectors'
export default defineJob('squares', (env, args) => {
  env.fromSequence(1, 100)
    .keyBy((value) => value % 7)
    .map((value) => String(value * value), { name: 'square' })
    .sinkTo(FileSink.lines(args['output'] ?? 'out'), { name: 'squares' })
})
`,
  )
  const millrace = (...args: readonly string[]): string =>
    run(
      process.execPath,
      [join(folder, 'node_modules', 'millrace', 'dist', 'main.js'), ...args],
      folder,
    )
  const port = await freePort()
  const directory = join(folder, 'cluster')
  millrace('cluster', 'start', '--dir', directory, '--set', `jobmanager.rpc.port=${port}`)
  try {
    millrace(
      'run',
      'squares.ts',
      '-p',
      '2',
      '--jobmanager',
      `localhost:${port}`,
      '--',
      '--output',
      'out',
    )
  } finally {
    millrace('cluster', 'stop', '--dir', directory)
  }
  const lines = [0, 1].flatMap((part) =>
    readFileSync(join(folder, 'out', `part-${part}`), 'utf8')
      .trim()
      .split('\n'),
  )
  const expected = Array.from({ length: 100 }, (_, index) => (index + 1) ** 2)
  assert.deepEqual(
    lines.map(Number).sort((left, right) => left - right),
    expected,
  )
})

test('importing the package loads the API and nothing else', () => {
  const script = `
    import { defineJob } from 'millrace'
    if (typeof defineJob !== 'function') throw new Error('no API')
    const loaded = process.moduleLoadList ?? []
    if (loaded.includes('NativeModule http2')) throw new Error('gRPC was loaded')
  `
  run(process.execPath, ['--input-type=module', '--eval', script], folder)
})
