import assert from 'node:assert/strict'
import { type CheckpointStorage, MillraceError } from '@millrace/core'

export interface CheckpointStorageUnderTest {
  /** Empty at first; called once for each test. */
  readonly open: () => CheckpointStorage | Promise<CheckpointStorage>
  /** The same files as another process sees them. */
  readonly reopen: (storage: CheckpointStorage) => CheckpointStorage
  /** Runs what the test does; a simulated store lets time pass meanwhile. */
  readonly run?: (body: () => Promise<void>) => Promise<void>
}

/** As `test` of node:test and of other runners. */
export type TestRunner = (name: string, body: () => Promise<void>) => unknown

interface Place {
  readonly storage: CheckpointStorage
  readonly other: CheckpointStorage
  /** Another one, empty. */
  readonly open: () => CheckpointStorage | Promise<CheckpointStorage>
}

/**
 * What every checkpoint storage must do, as tests.
 *
 * @example
 * testCheckpointStorage(test, { open: () => new MyStorage(folder), reopen: () => … })
 */
export function testCheckpointStorage(test: TestRunner, tested: CheckpointStorageUnderTest): void {
  const run = tested.run ?? ((body) => body())
  for (const [name, body] of Object.entries(contract)) {
    test(name, () =>
      run(async () => {
        const storage = await tested.open()
        await body({ storage, other: tested.reopen(storage), open: tested.open })
      }),
    )
  }
}

const contract: Readonly<Record<string, (place: Place) => Promise<void>>> = {
  'what was written is read, by another process too': async ({ storage, other }) => {
    await storage.write('a/1', bytes('one'))
    await storage.write('a/empty', bytes(''))
    const large = new Uint8Array(3_000_000).map((_, i) => i * 7)
    await storage.write('large', large)
    assert.equal(await textOf(storage, 'a/1'), 'one')
    assert.equal(await textOf(other, 'a/1'), 'one')
    assert.equal(await textOf(other, 'a/empty'), '')
    assert.ok(Buffer.from(large).equals(await other.read('large')))
  },

  'a part of a file is read, as far as there is one': async ({ storage, other }) => {
    await storage.write('a/1', bytes('one two three'))
    const part = async (offset: number, length: number): Promise<string> =>
      Buffer.from(await other.readRange('a/1', offset, length)).toString()
    assert.equal(await part(4, 3), 'two')
    assert.equal(await part(0, 100), 'one two three')
    assert.equal(await part(8, 100), 'three')
    assert.equal(await part(13, 1), '')
    assert.equal(await part(2, 0), '')
    await rejectsWith('FILE_NOT_FOUND', storage.readRange('a/2', 0, 1))
  },

  'what is copied is there too, and stays when the other is deleted': async ({ storage, open }) => {
    const target = await open()
    const large = new Uint8Array(3_000_000).map((_, i) => i * 11)
    await storage.write('a/b/1', bytes('one'))
    await storage.write('large', large)
    for (const name of ['a/b/1', 'large', 'a/b/1']) await target.copyFrom(storage, name)
    await storage.delete('a/b/1')
    await storage.delete('large')
    assert.equal(await textOf(target, 'a/b/1'), 'one')
    assert.ok(Buffer.from(large).equals(await target.read('large')))
    await storage.copyFrom(target, 'a/b/1')
    await target.delete('a/b/1')
    assert.equal(await textOf(storage, 'a/b/1'), 'one')
    await rejectsWith('FILE_NOT_FOUND', target.copyFrom(storage, 'a/b/2'))
    assert.deepEqual(await target.list(''), ['large'])
  },

  'a copy takes nothing the place of what is there': async ({ storage, open }) => {
    const target = await open()
    await storage.write('a/1', bytes('one'))
    await target.write('a/1', bytes('another'))
    await target.copyFrom(storage, 'a/1')
    assert.equal(await textOf(target, 'a/1'), 'another')
  },

  'what later becomes of bytes that were written or read changes no file': async (place) => {
    const content = bytes('before')
    await place.storage.write('a', content)
    content.fill(0)
    const read = await place.storage.read('a')
    read.fill(0)
    assert.equal(await textOf(place.storage, 'a'), 'before')
  },

  'removing empty folders takes no file, and disturbs nobody who writes': async (place) => {
    const { storage, other } = place
    await storage.write('a/1', bytes('one'))
    await storage.removeEmptyFolders()
    await Promise.all([other.write('b/2', bytes('two')), storage.removeEmptyFolders()])
    assert.deepEqual((await storage.list('')).toSorted(), ['a/1', 'b/2'])
  },

  'what is not there cannot be read, and deleting it is no error': async ({ storage }) => {
    await rejectsWith('FILE_NOT_FOUND', storage.read('nothing'))
    await storage.write('a/1', bytes('one'))
    await rejectsWith('FILE_NOT_FOUND', storage.read('a/2'))
    await storage.delete('a/2')
    await storage.delete('b/c/d')
    assert.deepEqual(await storage.list(''), ['a/1'])
  },

  'a name is created once, and what it holds stays': async ({ storage, other }) => {
    assert.equal(await storage.create('chk-1/_metadata', bytes('first')), true)
    assert.equal(await storage.create('chk-1/_metadata', bytes('second')), false)
    assert.equal(await other.create('chk-1/_metadata', bytes('third')), false)
    assert.equal(await textOf(other, 'chk-1/_metadata'), 'first')
    assert.deepEqual(await storage.list(''), ['chk-1/_metadata'])
  },

  'a name is created only if that is confirmed while the content lies there unfinished': async ({
    storage,
    other,
  }) => {
    const seen: (readonly string[])[] = []
    const confirm = async (): Promise<void> => {
      seen.push(await other.list(''))
      assert.equal((await other.inspect('')).length, 1, 'the unfinished write is seen')
    }
    assert.equal(await storage.create('chk-1/_metadata', bytes('one'), confirm), true)
    assert.deepEqual(seen, [[]])
    assert.equal(await textOf(other, 'chk-1/_metadata'), 'one')
    const refuse = (): Promise<void> =>
      Promise.reject(new MillraceError('JOB_MANAGER_SUPERSEDED', 'not any more'))
    const refused = storage.create('chk-2/_metadata', bytes('two'), refuse)
    await rejectsWith('JOB_MANAGER_SUPERSEDED', refused)
    const left = (await other.inspect('')).map(({ name }) => name)
    assert.deepEqual(left, ['chk-1/_metadata'])
  },

  'nothing is created of an unfinished write that somebody deleted': async ({ storage, other }) => {
    await storage.write('chk-1/other', bytes('keeps the folder'))
    const remove = async (): Promise<void> => {
      for (const { name } of await other.inspect('')) {
        if (name.endsWith('.tmp')) await other.delete(name)
      }
    }
    const refused = storage.create('chk-1/_metadata', bytes('one'), remove)
    await rejectsWith('FILE_WRITE_FAILED', refused)
    assert.deepEqual(await other.list(''), ['chk-1/other'])
  },

  'a name that was written cannot be created': async ({ storage, other }) => {
    await storage.write('a', bytes('first'))
    assert.equal(await other.create('a', bytes('second')), false)
    assert.equal(await textOf(storage, 'a'), 'first')
  },

  'of many that create a name at once one is told it did, and its content is there': async ({
    storage,
    other,
  }) => {
    for (let round = 0; round < 8; round++) {
      const name = `chk-${round}/_metadata`
      const content = (writer: number): string => `writer ${writer} `.repeat(5000)
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, writer) =>
          (writer % 2 === 0 ? storage : other).create(name, bytes(content(writer))),
        ),
      )
      assert.equal(answers.filter(Boolean).length, 1, `round ${round}`)
      assert.equal(await textOf(other, name), content(answers.indexOf(true)))
    }
  },

  'files are listed below a folder, however deep, and not beside it': async ({
    storage,
    other,
  }) => {
    for (const name of ['a/1', 'a/b/2', 'ab/3', '4']) await storage.write(name, bytes(name))
    assert.deepEqual([...(await other.list(''))].sort(), ['4', 'a/1', 'a/b/2', 'ab/3'])
    assert.deepEqual([...(await other.list('a'))].sort(), ['a/1', 'a/b/2'])
    assert.deepEqual(await other.list('nowhere'), [])
  },

  'files are inspected with their size and age': async ({ storage }) => {
    await storage.write('a/1', bytes('one'))
    await storage.write('a/2', bytes('twice'))
    const files = await storage.inspect('a')
    assert.deepEqual(
      files.map(({ name, sizeBytes }) => [name, sizeBytes]),
      [
        ['a/1', 3],
        ['a/2', 5],
      ],
    )
    for (const { modifiedAtMs } of files) assert.ok(modifiedAtMs > 1_000_000_000_000)
  },

  'what was deleted is gone, and its folder can be written again': async ({ storage, other }) => {
    await storage.write('a/1', bytes('one'))
    await storage.write('a/b/2', bytes('two'))
    await other.delete('a/1')
    assert.deepEqual(await storage.list(''), ['a/b/2'])
    await other.delete('a/b/2')
    assert.deepEqual(await storage.list(''), [])
    await rejectsWith('FILE_NOT_FOUND', storage.read('a/1'))
    await storage.write('a/1', bytes('again'))
    assert.equal(await storage.create('a/b/2', bytes('created again')), true)
    assert.equal(await textOf(other, 'a/1'), 'again')
    assert.equal(await textOf(other, 'a/b/2'), 'created again')
  },

  'files are written while others of the same folder are deleted': async ({ storage, other }) => {
    const rounds = Array.from({ length: 16 }, (_, i) => `attempt/${i}`)
    await Promise.all(
      rounds.map(async (name, i) => {
        await storage.write(name, bytes(name))
        if (i % 2 === 0) await other.delete(name)
      }),
    )
    const kept = rounds.filter((_, i) => i % 2 === 1).sort()
    assert.deepEqual([...(await other.list('attempt'))].sort(), kept)
  },

  'a name cannot lead out of the directory': async ({ storage }) => {
    const names = ['', '/', '/a', 'a/', 'a//b', '.', '..', '../a', 'a/../../b', 'a/./b', 'a\\b']
    for (const name of [...names, 'a\0b', 'a\nb', 'x'.repeat(256)]) {
      await rejectsWith('ARGUMENT_INVALID', storage.write(name, bytes('x')))
      await rejectsWith('ARGUMENT_INVALID', storage.create(name, bytes('x')))
      await rejectsWith('ARGUMENT_INVALID', storage.read(name))
      await rejectsWith('ARGUMENT_INVALID', storage.delete(name))
      if (name !== '') await rejectsWith('ARGUMENT_INVALID', storage.list(name))
    }
    assert.deepEqual(await storage.list(''), [])
  },

  'a name like that of an unfinished write cannot be written': async ({ storage }) => {
    await rejectsWith('ARGUMENT_INVALID', storage.write('a.tmp', bytes('x')))
    await rejectsWith('ARGUMENT_INVALID', storage.create('a/b.tmp', bytes('x')))
  },
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text)
}

async function textOf(storage: CheckpointStorage, name: string): Promise<string> {
  return Buffer.from(await storage.read(name)).toString()
}

async function rejectsWith(code: string, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => error instanceof MillraceError && error.code === code)
}
