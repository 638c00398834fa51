import assert from 'node:assert/strict'
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
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

test('a part of a file is read, as far as there is one', async () => {
  const path = join(folder, 'parts')
  await files.writeFile(path, Buffer.from('0123456789'))
  const part = async (offset: number, length: number): Promise<string> =>
    Buffer.from((await files.readFileRange(path, offset, length)) ?? []).toString()
  assert.equal(await part(3, 4), '3456')
  assert.equal(await part(8, 4), '89')
  assert.equal(await part(10, 4), '')
  assert.equal(await files.readFileRange(join(folder, 'nothing'), 0, 1), undefined)
  await assert.rejects(files.readFileRange(folder, 0, 1), { code: 'FILE_READ_FAILED' })
})

test('a file gets a second name, or on another disk a copy, and what is there stays', async () => {
  const path = join(folder, 'original')
  await files.writeFile(path, Buffer.from('one'))
  const elsewhere = mkdtempSync(join('/dev/shm', 'millrace-files-'))
  try {
    for (const [target, isLink] of [
      [join(folder, 'second'), true],
      [join(elsewhere, 'second'), false],
    ] as const) {
      assert.equal(await files.linkOrCopyFile(path, target), true)
      assert.equal(await files.linkOrCopyFile(path, target), true)
      assert.equal(readFileSync(target, 'utf8'), 'one')
      assert.equal(statSync(target).ino === statSync(path).ino, isLink)
      writeFileSync(join(folder, 'other'), 'other')
      assert.equal(await files.linkOrCopyFile(join(folder, 'other'), target), true)
      assert.equal(readFileSync(target, 'utf8'), 'one')
    }
    assert.deepEqual(readdirSync(elsewhere), ['second'])
    assert.equal(await files.linkOrCopyFile(join(folder, 'nothing'), join(folder, 'x')), false)
    const nowhere = join(folder, 'nowhere/x')
    await assert.rejects(files.linkOrCopyFile(path, nowhere), { code: 'FILE_WRITE_FAILED' })
  } finally {
    rmSync(elsewhere, { recursive: true })
  }
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
