import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeDirectorySync } from './make-directory.ts'

test('a directory is made with all above it, and once more', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'a', 'b', 'c')
  const made = [join(folder, 'a'), join(folder, 'a', 'b'), path]
  assert.deepEqual(makeDirectorySync(path, 0o700), made)
  assert.deepEqual(makeDirectorySync(path, 0o700), [])
  assert.equal(statSync(path).mode & 0o777, 0o700)
})

test('where no directory can be made it fails instead of trying for ever', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-'))
  t.after(() => rmSync(folder, { recursive: true }))
  symlinkSync(join(folder, 'nowhere', 'at', 'all'), join(folder, 'link'))
  assert.throws(() => makeDirectorySync(join(folder, 'link', 'inside')), { code: 'ENOENT' })
  writeFileSync(join(folder, 'file'), '')
  assert.throws(() => makeDirectorySync(join(folder, 'file', 'inside')), { code: 'ENOTDIR' })
})
