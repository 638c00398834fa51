import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { processStartTime } from './process-identity.ts'

test('a process has the same start time until it has ended', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'])
  const pid = child.pid ?? 0
  const startTime = processStartTime(pid)
  assert.match(startTime ?? '', /\d/)
  assert.equal(processStartTime(pid), startTime)
  child.stdin.end()
  await once(child, 'exit')
  assert.equal(processStartTime(pid), undefined)
})
