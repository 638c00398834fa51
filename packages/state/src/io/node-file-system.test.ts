import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { NodeFileSystem } from './node-file-system.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-files-'))
const files = new NodeFileSystem()

after(() => rmSync(folder, { recursive: true, force: true }))

test('what was written is read back, also over an older content', async () => {
  const path = join(folder, 'deep/er/a')
  await files.makeDirectory(join(folder, 'deep/er'))
  await files.writeFileAtomically(path, Buffer.from('one'))
  await files.writeFileAtomically(path, Buffer.from('two'))
  assert.equal(Buffer.from((await files.readFile(path)) ?? []).toString(), 'two')
  assert.equal(await files.exists(path), true)
  assert.deepEqual(await files.list(join(folder, 'deep/er')), ['a'])
  await files.remove(path)
  await files.remove(path)
  assert.equal(await files.exists(path), false)
})

test('content in pieces is there as a whole or not at all', async () => {
  const path = join(folder, 'pieces')
  async function* pieces(isBroken: boolean): AsyncGenerator<Uint8Array> {
    yield Buffer.from('one ')
    yield Buffer.from('two')
    if (isBroken) throw new Error('no third')
  }
  await assert.rejects(files.writeFileAtomically(path, pieces(true)), /no third/)
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('pieces')),
    [],
  )
  await files.writeFileAtomically(path, pieces(false))
  assert.equal(Buffer.from((await files.readFile(path)) ?? []).toString(), 'one two')
})

test('what is not there is no error', async () => {
  assert.equal(await files.readFile(join(folder, 'nothing')), undefined)
  assert.deepEqual(await files.list(join(folder, 'nowhere')), [])
})

test('a write that fails leaves nothing behind and names the path', async () => {
  await files.makeDirectory(join(folder, 'taken'))
  await assert.rejects(files.writeFileAtomically(join(folder, 'taken'), Buffer.from('x')), {
    code: 'FILE_WRITE_FAILED',
    message: /taken could not be written/,
  })
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith('.tmp')),
    [],
  )
})

test('reading a folder as a file is a read failure', async () => {
  await assert.rejects(files.readFile(folder), { code: 'FILE_READ_FAILED' })
})

test('a file is created once, and nothing else is left', async () => {
  const path = join(folder, 'created/one')
  await files.makeDirectory(join(folder, 'created'))
  assert.equal(await files.createFileAtomically(path, Buffer.from('first')), true)
  assert.equal(await files.createFileAtomically(path, Buffer.from('second')), false)
  assert.equal(Buffer.from((await files.readFile(path)) ?? []).toString(), 'first')
  assert.deepEqual(readdirSync(join(folder, 'created')), ['one'])
})

test('creating where a folder is, or in none, is no success', async () => {
  await files.makeDirectory(join(folder, 'here'))
  assert.equal(await files.createFileAtomically(join(folder, 'here'), Buffer.from('x')), false)
  await assert.rejects(files.createFileAtomically(join(folder, 'none/a'), Buffer.from('x')), {
    code: 'FILE_WRITE_FAILED',
    message: /none\/a could not be written/,
  })
})

test('files are listed however deep, with size and age, without links and folders', async () => {
  const root = join(folder, 'tree')
  await files.makeDirectory(join(root, 'a/b'))
  await files.makeDirectory(join(root, 'empty'))
  await files.writeFileAtomically(join(root, 'a/b/deep'), Buffer.from('four'))
  await files.writeFileAtomically(join(root, 'top'), Buffer.from('one'))
  symlinkSync(join(root, 'a'), join(root, 'link'))
  symlinkSync(join(root, 'nowhere'), join(root, 'broken'))
  const listed = [...(await files.listRecursively(root))].sort((a, b) => (a.name < b.name ? -1 : 1))
  assert.deepEqual(
    listed.map(({ name, sizeBytes }) => [name, sizeBytes]),
    [
      ['a/b/deep', 4],
      ['top', 3],
    ],
  )
  for (const { modifiedAtMs } of listed) assert.ok(Math.abs(Date.now() - modifiedAtMs) < 600_000)
  assert.deepEqual(await files.listRecursively(join(folder, 'nowhere')), [])
  await assert.rejects(files.listRecursively(join(root, 'top')), { code: 'FILE_READ_FAILED' })
})

test('only an empty folder is deleted', async () => {
  const root = join(folder, 'removed')
  await files.makeDirectory(join(root, 'a'))
  assert.equal(await files.removeDirectory(root), false)
  assert.equal(await files.removeDirectory(join(root, 'a')), true)
  assert.equal(await files.removeDirectory(join(root, 'a')), false)
  assert.equal(await files.removeDirectory(root), true)
  assert.equal(await files.exists(root), false)
})
