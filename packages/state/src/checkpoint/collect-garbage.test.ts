import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FileSystemCheckpointStorage } from '../storage/file-system-checkpoint-storage.ts'
import { diskFull, FaultyFileSystem, stateFileName } from '../storage/file-system-test-support.ts'
import { collectGarbage, type GarbageCollection, type GarbageOptions } from './collect-garbage.ts'
import { checkpointOf } from './completed-checkpoint-test-support.ts'
import { writeCheckpointMetadata } from './completed-checkpoints.ts'

const hourMs = 3_600_000
const options: GarbageOptions = {
  nowMs: 100 * hourMs,
  ageMinMs: hourMs,
  isJobOver: false,
  isDryRun: false,
}

class World {
  readonly files: FaultyFileSystem = new FaultyFileSystem()
  readonly storage: FileSystemCheckpointStorage = new FileSystemCheckpointStorage(
    this.files,
    '/checkpoints/job',
  )

  async write(attempt: string, checkpointId: number, text: string): Promise<string> {
    const content = Buffer.from(text)
    const name = stateFileName(attempt, checkpointId, content)
    await this.storage.write(name, content)
    return name
  }

  /** As the process left it that died while it wrote. */
  leave(name: string): string {
    this.files.files.set(`/checkpoints/job/${name}`, Buffer.from('par'))
    this.files.modifiedAtMs.set(`/checkpoints/job/${name}`, this.files.nowMs)
    return name
  }

  async complete(checkpointId: number, names: readonly string[]): Promise<void> {
    await writeCheckpointMetadata(this.storage, checkpointOf(checkpointId, names))
  }
}

function namesOf(result: GarbageCollection): object {
  const names = (files: readonly { name: string }[]): string[] => files.map(({ name }) => name)
  const { garbage, young, pending, foreign } = result
  return {
    garbage: names(garbage),
    young: names(young),
    pending: names(pending),
    foreign: names(foreign),
  }
}

const nothing = { garbage: [], young: [], pending: [], foreign: [] }

test('files that no metadata names are deleted, and only these', async () => {
  const world = new World()
  const [kept, lost, replaced] = [
    await world.write('a', 1, 'kept'),
    await world.write('a', 2, 'lost'),
    await world.write('b', 3, 'replaced'),
  ]
  await world.complete(2, [kept])
  await world.complete(3, [kept])
  const result = await collectGarbage(world.storage, options)
  assert.deepEqual(namesOf(result), { ...nothing, garbage: [lost, replaced] })
  assert.deepEqual(await world.storage.list(''), [kept, 'chk-2/_metadata', 'chk-3/_metadata'])
  assert.deepEqual(namesOf(await collectGarbage(world.storage, options)), nothing)
})

test('a dry run tells the same and deletes nothing', async () => {
  const world = new World()
  const lost = await world.write('a', 1, 'lost')
  await world.complete(1, [])
  const result = await collectGarbage(world.storage, { ...options, isDryRun: true })
  assert.deepEqual(namesOf(result), { ...nothing, garbage: [lost] })
  assert.deepEqual(await world.storage.list(''), [lost, 'chk-1/_metadata'])
})

test('what was written for a later checkpoint stays while the job may run', async () => {
  const world = new World()
  const [early, later] = [await world.write('a', 4, 'early'), await world.write('a', 6, 'later')]
  await world.complete(5, [])
  const running = await collectGarbage(world.storage, options)
  assert.deepEqual(namesOf(running), { ...nothing, garbage: [early], pending: [later] })
  const over = await collectGarbage(world.storage, { ...options, isJobOver: true })
  assert.deepEqual(namesOf(over), { ...nothing, garbage: [later] })
})

test('before the first checkpoint completed nothing that was written is garbage', async () => {
  const world = new World()
  const written = await world.write('a', 1, 'written')
  const result = await collectGarbage(world.storage, options)
  assert.deepEqual(namesOf(result), { ...nothing, pending: [written] })
})

test('young files stay, also of a job that is over', async () => {
  const world = new World()
  await world.complete(1, [])
  world.files.nowMs = options.nowMs - hourMs + 1
  const young = [await world.write('a', 1, 'young'), world.leave('b/1-x.0123.tmp')]
  const result = await collectGarbage(world.storage, { ...options, isJobOver: true })
  assert.deepEqual(namesOf(result), { ...nothing, young })
})

test('what a dead writer left is deleted, whatever it was to become', async () => {
  const world = new World()
  const left = [world.leave('a/7-x.0123.tmp'), world.leave('chk-7/_metadata.0123.tmp')]
  const result = await collectGarbage(world.storage, options)
  assert.deepEqual(namesOf(result), { ...nothing, garbage: left })
  assert.deepEqual(await world.storage.inspect(''), [])
})

test('files that are not of Millrace, or that the caller names, stay', async () => {
  const world = new World()
  for (const name of ['notes.txt', 'a/1-short', 'chk-1/other', 'a/b/1-x']) {
    await world.storage.write(name, Buffer.from('mine'))
  }
  const kept = await world.write('a', 1, 'kept')
  await world.complete(2, [])
  const keep = new Set([kept])
  const result = await collectGarbage(world.storage, { ...options, keep, isJobOver: true })
  assert.deepEqual(namesOf(result), {
    ...nothing,
    foreign: ['a/1-short', 'a/b/1-x', 'chk-1/other', 'notes.txt'],
  })
})

test('while metadata is damaged nothing that it may name is deleted', async () => {
  const world = new World()
  const perhaps = await world.write('a', 1, 'perhaps')
  const left = world.leave('a/1-x.0123.tmp')
  await world.complete(2, [])
  await world.storage.write('chk-1/_metadata', Buffer.from('damaged'))
  const result = await collectGarbage(world.storage, { ...options, isJobOver: true })
  assert.deepEqual(namesOf(result), { ...nothing, garbage: [left] })
  assert.deepEqual(
    result.unreadable.map(({ checkpointId, error }) => [checkpointId, error.code]),
    [[1, 'CHECKPOINT_CORRUPT']],
  )
  assert.ok((await world.storage.list('')).includes(perhaps))
})

test('a checkpoint that completes while garbage is looked for loses nothing', async () => {
  const world = new World()
  const [old, fresh] = [await world.write('a', 1, 'old'), await world.write('a', 2, 'fresh')]
  await world.complete(1, [old])
  let isCompleted = false
  world.files.fault = (operation) => {
    if (operation !== 'read' || isCompleted) return
    isCompleted = true
    // Behind the back of the one that is reading the metadata it listed.
    void world.complete(2, [fresh])
  }
  await collectGarbage(world.storage, options)
  assert.ok((await world.storage.list('')).includes(fresh))
})

test('what cannot be deleted is told, and the rest is deleted', async () => {
  const world = new World()
  const [first, second] = [await world.write('a', 1, 'first'), await world.write('b', 1, 'second')]
  await world.complete(1, [])
  world.files.fault = (operation, path) => {
    if (operation === 'remove' && path.endsWith(first)) throw diskFull(path)
  }
  const { failures, garbage } = await collectGarbage(world.storage, options)
  assert.equal(garbage.length, 2)
  assert.deepEqual(
    failures.map(({ name, error }) => [name, error.code]),
    [[first, 'FILE_WRITE_FAILED']],
  )
  assert.equal((await world.storage.list('')).includes(second), false)
})
