// The demo of the README runs, checks its own results, and leaves nothing behind.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isAlive } from '../real-cluster/process-state.ts'
import { plainEnvironment } from '../real-cluster/real-cluster.ts'

const root = join(import.meta.dirname, '..', '..')

test('the demo counts right, recovers twice and leaves no process', () => {
  const done = spawnSync(
    process.execPath,
    ['--conditions=source', join(root, 'examples', 'demo.ts')],
    { cwd: root, encoding: 'utf8', timeout: 240_000, env: plainEnvironment() },
  )
  const said = done.stdout + done.stderr
  assert.equal(done.status, 0, said)
  assert.equal(said.match(/every count equals the independent one/g)?.length, 2, said)
  assert.equal(
    said.match(/is gone.*restart.*\n.*all tasks ran again after \d+ ms/g)?.length,
    2,
    said,
  )
  const started = [...done.stdout.matchAll(/, process (\d+)/g)].map(([, id]) => Number(id))
  assert.equal(started.length, 5, said)
  assert.deepEqual(
    started.filter((id) => isAlive(id)),
    [],
  )
  const directory = /--dir (\S+)/.exec(done.stdout)?.[1]
  assert(directory !== undefined, said)
  assert(!existsSync(directory), `${directory} is still there`)
})
