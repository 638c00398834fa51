import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type ChannelStateHandle,
  type CompletedCheckpoint,
  encodeGeneric,
  MillraceError,
  type OperatorStateHandle,
  type SegmentHandle,
  type StateBlob,
} from '@millrace/core'
import { RecordBuffer } from '../snapshot/record-buffer.ts'
import { recordFlag, segmentOp } from '../snapshot/segment-format.ts'
import { writeSegments } from '../snapshot/segment-writer.ts'
import { FileSystemCheckpointStorage } from '../storage/file-system-checkpoint-storage.ts'
import { FaultyFileSystem, fileBlob, stateFileName } from '../storage/file-system-test-support.ts'
import { checkpointOf, testOperatorId } from './completed-checkpoint-test-support.ts'
import { writeCheckpointMetadata } from './completed-checkpoints.ts'
import { type VerifiedFiles, verifyCheckpoint } from './verify-checkpoint.ts'

const root = '/checkpoints/job'

class World {
  readonly files: FaultyFileSystem = new FaultyFileSystem()
  readonly storage: FileSystemCheckpointStorage = new FileSystemCheckpointStorage(this.files, root)

  async segment(checkpointId: number, recordCount: number): Promise<SegmentHandle> {
    const records = new RecordBuffer()
    for (let keyGroup = 0; keyGroup < recordCount; keyGroup++) {
      const writer = records.begin(segmentOp.put, recordFlag.value, keyGroup, 0)
      writer.reserve(4)
      for (const byte of [1, keyGroup, 1, 0xc1]) writer.bytes[writer.position++] = byte
      records.end()
    }
    const replaces = { start: 0, end: 0 }
    const states = [{ id: 0, name: 'total', kind: 'value' as const, types: [], ttl: null }]
    const work = writeSegments({ checkpointId, replaces, states }, records, {
      keyGroups: { start: 0, end: 32_768 },
      sizeMaxBytes: 1 << 20,
    })
    let step = work.next()
    while (step.done !== true) step = work.next()
    const [written] = step.value
    assert.ok(written !== undefined)
    const name = stateFileName('attempt', checkpointId, written.bytes)
    await this.storage.write(name, written.bytes)
    const { bytes, replaces: replaced } = written
    return { name, sizeBytes: bytes.length, checkpointId, replaces: replaced, recordCount }
  }

  async blob(checkpointId: number, content: unknown): Promise<StateBlob> {
    const bytes = encodeGeneric(content)
    const name = stateFileName('attempt', checkpointId, bytes)
    await this.storage.write(name, bytes)
    return fileBlob(name, bytes)
  }

  async complete(
    checkpointId: number,
    segments: readonly SegmentHandle[],
    operatorBlob: StateBlob,
    channels: readonly ChannelStateHandle[] = [],
  ): Promise<CompletedCheckpoint> {
    const base = checkpointOf(checkpointId, [], await this.blob(checkpointId, 'splits'))
    const operator: OperatorStateHandle = {
      states: [{ name: 'offsets', mode: 'split' }],
      blob: operatorBlob,
    }
    const keyed = { keyGroups: { start: 0, end: 32_768 }, segments }
    const snapshot = {
      operators: [{ operatorId: testOperatorId, keyed, operator }],
      channels,
      isFinished: false,
    }
    const vertices = base.vertices.map((vertex) => ({ ...vertex, subtasks: [snapshot] }))
    const completed = { ...base, vertices }
    assert.equal(await writeCheckpointMetadata(this.storage, completed), true)
    return completed
  }

  /** Records on their way over two channels, in one file. */
  async channels(checkpointId: number): Promise<readonly ChannelStateHandle[]> {
    const parts = [['a', { b: 1 }], [42]].map((records) => records.map(encodeGeneric))
    const bytes = new Uint8Array(Buffer.concat(parts.flat()))
    const name = stateFileName('attempt', checkpointId, bytes)
    await this.storage.write(name, bytes)
    let offset = 0
    return parts.map((records, producerSubtask) => {
      const sizeBytes = Buffer.concat(records).length
      const handle: ChannelStateHandle = {
        sourceOperator: testOperatorId,
        targetOperator: testOperatorId,
        inputIndex: 0,
        producerSubtask,
        consumerSubtask: 0,
        end: 'received',
        recordCount: records.length,
        blob: fileBlob(name, bytes),
        offset,
        sizeBytes,
      }
      offset += sizeBytes
      return handle
    })
  }

  damage(name: string, change: (bytes: Uint8Array) => Uint8Array | undefined): void {
    const path = `${root}/${name}`
    const content = this.files.files.get(path)
    assert.ok(content !== undefined, name)
    const changed = change(new Uint8Array(content))
    if (changed === undefined) this.files.files.delete(path)
    else this.files.files.set(path, changed)
  }
}

/** Two segments, operator state, channel state and a coordinator's state in files. */
async function wholeCheckpoint(): Promise<{ world: World; names: readonly string[] }> {
  const world = new World()
  const segments = [await world.segment(6, 40), await world.segment(7, 3)]
  await world.complete(7, segments, await world.blob(7, [[1, 2, 3]]), await world.channels(7))
  return { world, names: await world.storage.list('attempt') }
}

function flipped(at: number): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => {
    const byte = bytes[at]
    assert.ok(byte !== undefined)
    bytes[at] = byte ^ 0x10
    return bytes
  }
}

test('a checkpoint of which everything is there has no problems', async () => {
  const { world, names } = await wholeCheckpoint()
  const { problems, fileCount, sizeBytes, completed } = await verifyCheckpoint(world.storage, 7)
  assert.deepEqual(problems, [])
  assert.equal(fileCount, 5)
  assert.equal(completed?.checkpointId, 7)
  const listed = await world.storage.inspect('attempt')
  assert.equal(
    sizeBytes,
    listed.reduce((sum, file) => sum + file.sizeBytes, 0),
  )
  assert.equal(names.length, 5)
})

test('a missing, a truncated and a changed file are each named', async () => {
  const { names } = await wholeCheckpoint()
  for (const name of names) {
    for (const [change, code] of [
      [() => undefined, 'FILE_NOT_FOUND'],
      [(bytes: Uint8Array) => bytes.slice(0, -1), 'CHECKPOINT_CORRUPT'],
      [() => new Uint8Array(0), 'CHECKPOINT_CORRUPT'],
      [flipped(0), 'CHECKPOINT_CORRUPT'],
    ] as const) {
      const { world } = await wholeCheckpoint()
      world.damage(name, change)
      const { problems } = await verifyCheckpoint(world.storage, 7)
      assert.deepEqual(
        problems.map(({ file, code }) => [file, code]),
        [[name, code]],
      )
      assert.ok(problems[0]?.message.includes(`${root}/${name}`))
    }
  }
})

test('a flipped byte of any file is noticed', async () => {
  const { world, names } = await wholeCheckpoint()
  for (const name of [...names, 'chk-7/_metadata']) {
    const { length } = await world.storage.read(name)
    for (let at = 0; at < length; at++) {
      world.damage(name, flipped(at))
      const { problems } = await verifyCheckpoint(world.storage, 7)
      assert.deepEqual(
        problems.map(({ file }) => file),
        [name],
        `byte ${at} of ${name}`,
      )
      world.damage(name, flipped(at))
    }
  }
  assert.deepEqual((await verifyCheckpoint(world.storage, 7)).problems, [])
})

test('metadata that is missing, cut, or of another checkpoint is named', async () => {
  const { world } = await wholeCheckpoint()
  const { problems, completed } = await verifyCheckpoint(world.storage, 8)
  assert.equal(completed, undefined)
  assert.deepEqual(
    problems.map(({ file, code }) => [file, code]),
    [['chk-8/_metadata', 'FILE_NOT_FOUND']],
  )
  await world.storage.write('chk-8/_metadata', await world.storage.read('chk-7/_metadata'))
  const moved = await verifyCheckpoint(world.storage, 8)
  assert.match(moved.problems[0]?.message ?? '', /chk-8\/_metadata is the metadata of checkpoint 7/)
  world.damage('chk-7/_metadata', (bytes) => bytes.slice(0, 100))
  const cut = await verifyCheckpoint(world.storage, 7)
  assert.equal(cut.problems[0]?.code, 'CHECKPOINT_CORRUPT')
})

test('operator state that is whole but not what its states demand is named', async () => {
  for (const content of [[], [1], [[], []], 'no list', { 0: [] }]) {
    const world = new World()
    await world.complete(7, [], await world.blob(7, content))
    const inFile = await verifyCheckpoint(world.storage, 7)
    assert.match(inFile.problems[0]?.message ?? '', /it does not hold 1 states/)
    await world.complete(8, [], { kind: 'inline', bytes: encodeGeneric(content) })
    const inline = await verifyCheckpoint(world.storage, 8)
    assert.equal(inline.problems[0]?.file, 'chk-8/_metadata')
  }
  const world = new World()
  await world.complete(7, [], { kind: 'inline', bytes: new Uint8Array([14, 200, 1]) })
  const { problems } = await verifyCheckpoint(world.storage, 7)
  assert.match(problems[0]?.message ?? '', /cannot be decoded/)
})

test('what several checkpoints share is read once and reported for each', async () => {
  const { world, names } = await wholeCheckpoint()
  const first = await verifyCheckpoint(world.storage, 7)
  const shared = first.completed?.vertices[0]?.subtasks[0]?.operators[0]?.keyed?.segments ?? []
  await world.complete(8, shared, { kind: 'inline', bytes: encodeGeneric([[]]) })
  const damaged = shared[0]?.name ?? ''
  world.damage(damaged, flipped(20))
  world.files.reads.length = 0
  const verified: VerifiedFiles = new Map()
  for (const checkpointId of [7, 8]) {
    const { problems } = await verifyCheckpoint(world.storage, checkpointId, verified)
    assert.deepEqual(
      problems.map(({ file }) => file),
      [damaged],
    )
  }
  const readNames = world.files.reads.filter((path) => names.some((name) => path.endsWith(name)))
  assert.equal(new Set(readNames).size, readNames.length)
})

test('a file that cannot be read now is a problem too, with its cause', async () => {
  const { world, names } = await wholeCheckpoint()

  world.files.fault = (operation, path) => {
    if (operation === 'read' && path.endsWith(names[1] ?? '')) {
      throw new MillraceError('FILE_READ_FAILED', `${path} could not be read: EIO.`)
    }
  }
  const { problems } = await verifyCheckpoint(world.storage, 7)
  assert.deepEqual(
    problems.map(({ file, code }) => [file, code]),
    [[names[1], 'FILE_READ_FAILED']],
  )
})

test('channels that are not what their file holds are reported, and inline ones too', async () => {
  const world = new World()
  const [first, second] = await world.channels(7)
  assert.ok(first !== undefined && second !== undefined)
  const inline = {
    ...second,
    blob: { kind: 'inline', bytes: encodeGeneric(1) } as const,
    offset: 0,
  }
  const wrong = [
    { ...first, recordCount: 3 },
    { ...first, recordCount: 1 },
    { ...inline, sizeBytes: 1, recordCount: 2 },
  ]
  for (const [index, channel] of wrong.entries()) {
    const checkpointId = 8 + index
    await world.complete(checkpointId, [], await world.blob(checkpointId, [[1]]), [channel])
    const { problems } = await verifyCheckpoint(world.storage, checkpointId)
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['CHECKPOINT_CORRUPT'],
    )
    assert.match(problems[0]?.message ?? '', /channel state/)
  }
})
