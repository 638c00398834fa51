import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { FileSystemCheckpointStorage } from '@millrace/state'
import { NodeFileSystem } from '@millrace/state/node-file-system'
import { testCheckpointStorage } from '@millrace/testing'

const root = mkdtempSync(join(tmpdir(), 'millrace-storage-'))
const files = new NodeFileSystem()
let count = 0

after(() => rmSync(root, { recursive: true, force: true }))

function openStorage(): FileSystemCheckpointStorage {
  return new FileSystemCheckpointStorage(files, join(root, `job-${count++}`))
}

testCheckpointStorage(test, {
  open: openStorage,
  reopen: ({ location }) => new FileSystemCheckpointStorage(files, location),
})

test('folders go with their last file, the directory of the job too', async () => {
  const storage = openStorage()
  await storage.write('a/b/1', Buffer.from('one'))
  await storage.write('a/2', Buffer.from('two'))
  await storage.delete('a/b/1')
  assert.deepEqual(readdirSync(join(storage.location, 'a')), ['2'])
  await storage.delete('a/2')
  assert.equal(existsSync(storage.location), false)
  assert.equal(existsSync(root), true)
})

test('what a dead writer left is inspected, not listed, and can be deleted', async () => {
  const storage = openStorage()
  await storage.write('a/1', Buffer.from('one'))
  writeFileSync(join(storage.location, 'a/2.0123456789ab.tmp'), 'tw')
  assert.deepEqual(await storage.list(''), ['a/1'])
  const names = (await storage.inspect('')).map(({ name }) => name)
  assert.deepEqual(names, ['a/1', 'a/2.0123456789ab.tmp'])
  await storage.delete('a/2.0123456789ab.tmp')
  assert.deepEqual(readdirSync(join(storage.location, 'a')), ['1'])
})

test('a place that cannot be written is named with its path', async () => {
  writeFileSync(join(root, 'file'), '')
  const storage = new FileSystemCheckpointStorage(files, join(root, 'file', 'job'))
  await assert.rejects(storage.write('a/1', Buffer.from('one')), {
    code: 'FILE_WRITE_FAILED',
    message: /file\/job/,
  })
  symlinkSync(join(root, 'gone', 'far'), join(root, 'link'))
  const linked = new FileSystemCheckpointStorage(files, join(root, 'link', 'job'))
  await assert.rejects(linked.create('a', Buffer.from('one')), { code: 'FILE_WRITE_FAILED' })
})

test('of several processes that create a name one does, and it is whole', async () => {
  const storage = openStorage()
  const racer = `
    const { FileSystemCheckpointStorage } = await import(process.argv[1])
    const { NodeFileSystem } = await import(process.argv[2])
    const storage = new FileSystemCheckpointStorage(new NodeFileSystem(), process.argv[3])
    process.stdout.write('ready')
    await new Promise((resolve) => process.stdin.once('data', resolve))
    let won = ''
    for (let i = 0; i < 40; i++) {
      const content = Buffer.alloc(100_000, process.argv[4])
      if (await storage.create('chk-' + i + '/_metadata', content)) won += i + ' '
    }
    process.stdout.write(won)
    process.stdin.destroy()
  `
  const race = ['a', 'b', 'c'].map((letter) => {
    const words = [
      '--conditions=source',
      '--input-type=module',
      '-e',
      racer,
      import.meta.resolve('@millrace/state'),
      import.meta.resolve('@millrace/state/node-file-system'),
      storage.location,
      letter,
    ]
    const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] })
    const ready = new Promise((resolve) => child.stdout.once('data', resolve))
    const wins = new Promise<string>((resolve) => {
      let text = ''
      child.stdout.on('data', (chunk) => {
        text += chunk
      })
      child.on('close', () => resolve(text.replace('ready', '')))
    })
    return { letter, child, ready, wins }
  })
  await Promise.all(race.map(({ ready }) => ready))
  for (const { child } of race) child.stdin.write('go')
  const winners = new Map<number, string>()
  for (const { letter, wins } of race) {
    for (const round of (await wins).trim().split(' ').filter(Boolean)) {
      assert.equal(winners.has(Number(round)), false, `round ${round} was won twice`)
      winners.set(Number(round), letter)
    }
  }
  assert.equal(winners.size, 40)
  for (const [round, letter] of winners) {
    const content = await storage.read(`chk-${round}/_metadata`)
    assert.ok(Buffer.alloc(100_000, letter).equals(content))
  }
  assert.equal((await storage.inspect('')).length, 40)
})
