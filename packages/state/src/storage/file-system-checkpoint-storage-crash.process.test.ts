// What real processes leave on a real disk when they die, and when it has no room for them.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { collectGarbage } from '../checkpoint/collect-garbage.ts'
import { NodeFileSystem } from '../io/node-file-system.ts'
import { FileSystemCheckpointStorage } from './file-system-checkpoint-storage.ts'
import { sha256Of } from './file-system-test-support.ts'

const root = mkdtempSync(join(tmpdir(), 'millrace-crash-'))
let count = 0

after(() => rmSync(root, { recursive: true, force: true }))

/** Writes segments of 2 MB and completes a checkpoint after each, and says so, until it is killed. */
const endlessWriter = `
const { createHash } = await import('node:crypto')
const { NodeFileSystem } = await import(process.argv[1])
const { FileSystemCheckpointStorage } = await import(process.argv[2])
const storage = new FileSystemCheckpointStorage(new NodeFileSystem(), process.argv[3])
for (let n = 1; ; n++) {
  const content = Buffer.alloc(2_000_000, process.argv[4] + n)
  const hash = createHash('sha256').update(content).digest('hex')
  await storage.write(process.argv[4] + '/' + n + '-' + hash, content)
  await storage.create('chk-' + process.argv[4] + n + '/_metadata', content)
  process.stdout.write('.')
}
`

/** Words for Node to run a script that gets the modules it needs as arguments. */
function wordsOf(script: string, storage: FileSystemCheckpointStorage): readonly string[] {
  const modules = ['../io/node-file-system.ts', './file-system-checkpoint-storage.ts']
  const urls = modules.map((path) => new URL(path, import.meta.url).href)
  return ['--conditions=source', '--input-type=module', '-e', script, ...urls, storage.location]
}

function openStorage(): FileSystemCheckpointStorage {
  return new FileSystemCheckpointStorage(new NodeFileSystem(), join(root, `job-${count++}`))
}

test('a process killed while it writes leaves whole files, and others that gc deletes', async () => {
  const storage = openStorage()
  let writtenCount = 0
  for (let round = 0; round < 6; round++) {
    const words = [...wordsOf(endlessWriter, storage), `w${round}x`]
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
    let doneCount = 0
    const enough = new Promise<void>((resolve) => {
      child.stdout.on('data', (dots: Buffer) => {
        doneCount += dots.length
        if (doneCount > round) resolve()
      })
    })
    await enough
    child.kill('SIGKILL')
    await once(child, 'close')
    writtenCount += doneCount
  }
  const names = await storage.list('')
  assert.ok(names.filter((name) => name.startsWith('chk-')).length >= writtenCount)
  for (const name of names) {
    const content = await storage.read(name)
    assert.equal(content.length, 2_000_000, name)
    if (!name.startsWith('chk-')) assert.ok(name.endsWith(sha256Of(content)), name)
  }
  const left = (await storage.inspect('')).filter(({ name }) => !names.includes(name))
  for (const { name } of left) assert.match(name, /\.tmp$/)
  const { garbage } = await collectGarbage(storage, {
    nowMs: Date.now() + 1000,
    ageMinMs: 0,
    isJobOver: false,
    isDryRun: false,
  })
  assert.deepEqual(garbage.map(({ name }) => name).sort(), left.map(({ name }) => name).sort())
  assert.deepEqual(
    (await storage.inspect('')).map(({ name }) => name),
    names,
  )
})

/** Tries to write 1 MB in both ways, then little, and tells the outcomes. */
const oneWriter = `
const { NodeFileSystem } = await import(process.argv[1])
const { FileSystemCheckpointStorage } = await import(process.argv[2])
const storage = new FileSystemCheckpointStorage(new NodeFileSystem(), process.argv[3])
const outcome = (promise) =>
  promise.then(() => 'written', ({ code, message }) => code + ' ' + message)
const large = Buffer.alloc(1_000_000, 'x')
const outcomes = [
  await outcome(storage.write('a/1', large)),
  await outcome(storage.create('chk-1/_metadata', large)),
  await outcome(storage.create('chk-1/_metadata', Buffer.from('little'))),
]
process.stdout.write(JSON.stringify(outcomes))
`

test('a disk that takes only a part of a file rejects it and leaves nothing', async () => {
  const storage = openStorage()
  // A limit of 64 kB for each file stands for the full disk: that needs no rights.
  const limited = `trap '' XFSZ; ulimit -f 64; exec "$@"`
  const words = ['-c', limited, 'bash', process.execPath, ...wordsOf(oneWriter, storage)]
  const child = spawn('bash', words, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (data) => {
    text += data
  })
  await once(child, 'close')
  const outcomes: readonly string[] = JSON.parse(text)
  assert.match(outcomes[0] ?? '', /^FILE_WRITE_FAILED .*\/a\/1 could not be written: EFBIG/)
  assert.match(outcomes[1] ?? '', /^FILE_WRITE_FAILED .*\/chk-1\/_metadata could not be written/)
  assert.equal(outcomes[2], 'written')
  assert.deepEqual(
    (await storage.inspect('')).map(({ name }) => name),
    ['chk-1/_metadata'],
  )
  assert.equal(Buffer.from(await storage.read('chk-1/_metadata')).toString(), 'little')
})
