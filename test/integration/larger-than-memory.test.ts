import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)

test('state on the local disk survives kill -9 with every key, from checkpoints in parts', async () => {
  const script = join(import.meta.dirname, '..', 'benchmark', 'larger-than-memory.ts')
  const args = ['--conditions=source', script, '120000', String(1 / 64)]
  const { stdout } = await run(process.execPath, args)
  const restored = /second: restored (\d+) keys/.exec(stdout)
  assert.ok(restored !== null && Number(restored[1]) > 0, stdout)
  assert.match(stdout, /kill -9 at \d+ keys/)
  assert.match(stdout, /second: verified 120000 keys/)
  // One checkpoint has more segments than there were checkpoints: its changes were put aside.
  const counts = [...stdout.matchAll(/checkpoint (\d+) of (\d+) segments/g)]
  assert.ok(
    counts.some(([, checkpoint, segments]) => Number(segments) > Number(checkpoint)),
    stdout,
  )
})
