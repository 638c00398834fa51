// The demo of the README runs, checks its own results, and leaves nothing behind.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..', '..')

test('the demo counts right, recovers twice and leaves no process', () => {
  const done = spawnSync(
    process.execPath,
    ['--conditions=source', join(root, 'examples', 'demo.ts')],
    { cwd: root, encoding: 'utf8', timeout: 240_000 },
  )
  assert.equal(done.status, 0, done.stdout + done.stderr)
  assert.equal(done.stdout.match(/every count equals the independent one/g)?.length, 2)
  assert.match(done.stdout, /all tasks ran again after \d+ ms/)
  const started = [...done.stdout.matchAll(/process (\d+)/g)].map(([, id]) => Number(id))
  assert(started.length >= 5)
  assert.deepEqual(started.filter(isRunning), [])
})

/** One that has ended but that its parent has not yet asked about does not run. */
function isRunning(processId: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${processId}/stat`, 'utf8'))
  } catch {
    return false
  }
}
