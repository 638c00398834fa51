import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { claimProcessDirectory } from './process-directory.ts'

const parent = mkdtempSync(join(tmpdir(), 'millrace-process-'))

after(() => rmSync(parent, { recursive: true, force: true }))

test('a process gets a directory of its own, and those of dead processes go', () => {
  const orphan = join(parent, `millrace-taskmanager-${hostname()}-${process.pid}-1`)
  const elsewhere = join(parent, `millrace-taskmanager-${hostname()}2-${process.pid}-1`)
  const strange = join(parent, 'something')
  for (const path of [orphan, elsewhere, strange]) mkdirSync(path)
  const own = claimProcessDirectory(parent, 'taskmanager')
  assert.equal(existsSync(own.path), true)
  assert.equal(existsSync(orphan), false)
  assert.equal(existsSync(elsewhere), true)
  assert.equal(existsSync(strange), true)
  // Claiming again does not take it for an orphan.
  assert.equal(claimProcessDirectory(parent, 'taskmanager').path, own.path)
  own.remove()
  assert.equal(existsSync(own.path), false)
})
