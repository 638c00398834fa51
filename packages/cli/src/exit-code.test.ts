import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { exitCodeOfError, exitCodeOfJob, exitCodes } from './exit-code.ts'

test('the end of a job has an exit code of its own', () => {
  assert.equal(exitCodeOfJob('FINISHED'), 0)
  assert.equal(exitCodeOfJob('FAILED'), 1)
  assert.equal(exitCodeOfJob('CANCELED'), 3)
})

test('what the user got wrong, what failed and what cannot be reached are told apart', () => {
  assert.equal(exitCodeOfError('CONFIG_KEY_UNKNOWN'), 2)
  assert.equal(exitCodeOfError('BUNDLE_FAILED'), 2)
  assert.equal(exitCodeOfError('ADDRESS_IN_USE'), 1)
  assert.equal(exitCodeOfError('JOB_MANAGER_UNREACHABLE'), 4)
})

test('docs/command-line.md has every exit code', () => {
  const path = new URL('../../../docs/command-line.md', import.meta.url)
  const text = readFileSync(path, 'utf8')
  for (const code of Object.values(exitCodes))
    assert.match(text, new RegExp(`^\\| ${code} \\|`, 'm'))
})
