import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)

test('state on the local disk survives kill -9 of its TaskManager, and is deleted', async () => {
  const script = join(import.meta.dirname, '..', 'benchmark', 'larger-than-memory.ts')
  const options = ['--keys=150000', '--memory=0', '--cache=1', '--interval=500 ms', '--report=1']
  const { stdout } = await run(process.execPath, ['--conditions=source', script, ...options])
  assert.match(stdout, /kill -9 of the TaskManager/)
  assert.match(stdout, /finished; went on from checkpoint \d+/)
  assert.match(stdout, /each of 150000 keys was read with its value, .* exactly once/)
  assert.match(stdout, /local files: none/)
  // More keys than the cache of objects holds were on the disk meanwhile.
  const most = /local state: (\d+) MB at most, 0 MB after the job/.exec(stdout)
  assert.ok(most !== null && Number(most[1]) > 0, stdout)
})
