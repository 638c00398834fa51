import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
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
