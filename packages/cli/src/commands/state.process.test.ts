import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  type CompletedCheckpoint,
  ExecutionAttemptId,
  encodeGeneric,
  hashKey,
  JobId,
  JobVertexId,
  keyGroupRange,
  type MapStateDescription,
  OperatorId,
  subtaskOfHash,
  types,
  type ValueStateDescription,
} from '@millrace/core'
import {
  encodeCheckpointMetadata,
  FileSystemCheckpointStorage,
  HeapKeyedStateBackend,
  type KeyedStateBackend,
} from '@millrace/state'
import { NodeFileSystem } from '@millrace/state/node-file-system'
import { SystemClock } from '../io/system-clock.ts'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'millrace-state-'))
const savepoint = join(root, 'savepoint-0123')
const parallelism = 2
const userCount = 5000

const total: ValueStateDescription<unknown> = {
  ...{ kind: 'value', name: 'total', type: undefined, ttl: { ms: 60_000 } },
}
const items: MapStateDescription<string, unknown> = {
  kind: 'map',
  name: 'items',
  keyType: types.string,
  valueType: types.object({ count: types.int32 }),
  ttl: undefined,
}

before(async () => {
  const storage = new FileSystemCheckpointStorage(new NodeFileSystem(), savepoint)
  const operatorId = OperatorId.parse('totals-id')
  const subtasks = []
  for (let subtask = 0; subtask < parallelism; subtask++) {
    const backend = new HeapKeyedStateBackend(
      new SystemClock(),
      keyGroupRange(subtask, parallelism),
    )
    fill(backend, subtask)
    const snapshot = backend.seal(7)
    assert.ok(snapshot.encode(Number.POSITIVE_INFINITY))
    const keyed = await snapshot.write(storage, ExecutionAttemptId.parse(`attempt_${subtask}`))
    const states = [
      { name: 'offsets', mode: 'split' as const },
      { name: 'rates', mode: 'broadcast' as const },
    ]
    const bytes = encodeGeneric([[subtask], [['chf', 1.05]]])
    const operator = { states, blob: { kind: 'inline' as const, bytes } }
    subtasks.push({
      ...{ operators: [{ operatorId, keyed, operator }], channels: [], isFinished: subtask === 1 },
    })
  }
  const completed: CompletedCheckpoint = {
    kind: 'savepoint',
    jobId: JobId.parse('0123456789abcdef0123456789abcdef'),
    jobName: 'orders',
    checkpointId: 7,
    epoch: 1,
    triggeredAtMs: 1_767_225_600_000,
    completedAtMs: 1_767_225_600_250,
    vertices: [
      {
        vertexId: JobVertexId.parse('vertex'),
        parallelism,
        operators: [{ operatorId, name: 'totals', droppedStates: [], renamedStates: [] }],
        subtasks,
      },
    ],
    coordinators: [{ operatorId, blob: { kind: 'inline', bytes: new Uint8Array(9) } }],
  }
  await storage.create('_metadata', encodeCheckpointMetadata(completed))
})

after(() => rmSync(root, { recursive: true, force: true }))

function fill(backend: KeyedStateBackend, subtask: number): void {
  const put = (key: unknown, value: unknown): void => {
    const hash = hashKey(key)
    if (subtaskOfHash(hash, parallelism) !== subtask) return
    backend.setCurrentKey(key, hash)
    backend.getValueState(total).update(value)
    const timer = { key, keyHash: hash, namespace: '', timestamp: 5 }
    if (key === 'ann') backend.getTimerQueue('_timers').register(timer)
    if (key === 'ann') backend.getMapState(items).put('pen', { count: 3 })
  }
  for (let user = 0; user < userCount; user++) put(`user ${user}`, user)
  put('ann', { spent: 12n, on: new Date(0), bytes: new Uint8Array([1, 2]) })
  put(5, 'number five')
  put('5', 'text five')
  put(77, 'number 77')
  put(['ann', 5n], Number.NaN)
}

interface Result {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

async function millrace(...words: string[]): Promise<Result> {
  const child = spawn(process.execPath, ['--conditions=source', main, 'state', ...words])
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data) => (stdout += String(data)))
  child.stderr.on('data', (data) => (stderr += String(data)))
  const [exitCode] = (await once(child, 'close')) as [number]
  return { exitCode, stdout, stderr }
}

test('states are listed with their kinds and types, and counted where that is asked for', async () => {
  const { exitCode, stdout, stderr } = await millrace('list', savepoint)
  assert.equal(exitCode, 0, stderr)
  assert.match(stdout, /totals +items +map +string → \{ count: int32 \}/)
  assert.match(stdout, /totals +total +value +1 min/)
  assert.match(stdout, /totals +_timers +timer/)
  assert.match(stdout, /totals +offsets +operator list/)
  assert.match(stdout, /totals +rates +broadcast/)
  assert.match(stdout, /totals +coordinator +9 bytes/)
  const counted = await millrace('list', savepoint, '--exact', '--json')
  const states = JSON.parse(counted.stdout) as readonly Record<string, unknown>[]
  const found = states.map(({ state, keyCount, entryCount }) => [state, keyCount, entryCount])
  assert.deepEqual(found, [
    ['_timers', 1, 1],
    ['items', 1, 1],
    ['total', userCount + 5, userCount + 5],
    ['offsets', undefined, 2],
    ['rates', undefined, 1],
    [undefined, undefined, undefined],
  ])
})

test('a savepoint is shown with its largest keys', async () => {
  const { exitCode, stdout, stderr } = await millrace('show', savepoint, '--largest=1')
  assert.equal(exitCode, 0, stderr)
  assert.match(stdout, /^savepoint {3}\S+savepoint-0123\njob +orders \(0123/)
  assert.match(stdout, /as checkpoint 7, in 250 ms\nfiles +2, with [\d.]+ kB of state\n/)
  assert.match(stdout, /totals +2, 1 finished/)
  assert.match(stdout, /totals +total +value +5005 +5005 +0 +[\d.]+ kB +below 4 bytes/)
  assert.match(stdout, /totals +total +"ann" +1 +\d+ bytes/)
  assert.match(stderr, /CRC-32; --verify/)
  const shown = JSON.parse((await millrace('show', savepoint, '--json', '--verify')).stdout) as {
    readonly kind: string
    readonly operators: readonly { readonly states: readonly { largestKeys: unknown[] }[] }[]
  }
  assert.equal(shown.kind, 'savepoint')
  assert.deepEqual(shown.operators[0]?.states[1]?.largestKeys, [
    { key: 'ann', entryCount: 1, sizeBytes: 13 },
  ])
})

test('the value of a key is printed as JSON, whatever the key is', async () => {
  const get = (...words: string[]): Promise<Result> => millrace('get', savepoint, ...words)
  const ann = await get('totals', 'total', '"ann"')
  assert.equal(ann.exitCode, 0, ann.stderr)
  assert.deepEqual(JSON.parse(ann.stdout), {
    ...{ spent: { $bigint: '12' }, on: { $date: '1970-01-01T00:00:00.000Z' } },
    bytes: { $bytes: 'AQI=' },
  })
  for (const [key, value] of [
    ['5', '"number five"\n'],
    ['"5"', '"text five"\n'],
    ['["ann", {"$bigint":"5"}]', '{"$number":"NaN"}\n'],
  ] as const) {
    const { stdout, stderr } = await get('totals-id', 'total', key)
    assert.equal(stdout, value, stderr)
  }
  assert.equal((await get('totals', 'rates', '"chf"')).stdout, '1.05\n')
  const item = await get('totals', 'items', '"ann"')
  assert.deepEqual(JSON.parse(item.stdout), { mapKey: 'pen', value: { count: 3 } })
})

test('a key that has nothing has an exit code of its own', async () => {
  const { exitCode, stdout, stderr } = await millrace('get', savepoint, 'totals', 'total', '"bob"')
  assert.deepEqual([exitCode, stdout], [6, ''])
  assert.equal(stderr, `State 'total' has nothing for the key "bob".\n`)
  const other = await millrace('get', savepoint, 'totals', 'total', '"77"')
  assert.match(other.stderr, /nothing for the key "77"\. It has something for 77\./)
})

test('everything is exported, a line for each entry', async () => {
  const { exitCode, stdout, stderr } = await millrace('export', savepoint, '--timers')
  assert.equal(exitCode, 0, stderr)
  const lines = stdout.trimEnd().split('\n')
  const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.equal(entries.length, userCount + 5 + 2 + 3)
  const five = entries.find(({ key }) => key === '5')
  assert.ok(typeof five?.['touchedAtMs'] === 'number')
  assert.deepEqual(five, {
    ...{ operator: 'totals', state: 'total', kind: 'value', key: '5', value: 'text five' },
    ...{ touchedAtMs: five['touchedAtMs'], expiresAtMs: five['touchedAtMs'] + 60_000 },
  })
  const timer = entries.find(({ kind }) => kind === 'timer')
  assert.deepEqual(timer, {
    ...{ operator: 'totals', state: '_timers', kind: 'timer', key: 'ann', timestamp: 5 },
  })
  const only = await millrace('export', savepoint, 'totals', 'offsets')
  assert.deepEqual(
    only.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
    [
      { operator: 'totals', state: 'offsets', kind: 'operator list', subtask: 0, value: 0 },
      { operator: 'totals', state: 'offsets', kind: 'operator list', subtask: 1, value: 1 },
    ],
  )
})

test('a reader that has seen enough ends an export quietly', async () => {
  const words = ['--conditions=source', main, 'state', 'export', savepoint]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (data) => (stderr += String(data)))
  await once(child.stdout, 'data')
  child.stdout.destroy()
  const [exitCode] = (await once(child, 'close')) as [number]
  assert.deepEqual([exitCode, stderr], [0, ''])
})

test('mistakes are named', async () => {
  for (const [words, exitCode, expected] of [
    [['list', root], 2, /SAVEPOINT_NOT_FOUND\n.* is neither a savepoint nor a checkpoint/],
    [['export', savepoint, 'total'], 2, /There is no operator 'total'.* Did you mean 'totals'\?/],
    [['export', savepoint, 'totals', 'item'], 2, /no state 'item' there\. Did you mean 'items'/],
    [['get', savepoint, 'totals', 'total', 'ann'], 2, /The key ann is no JSON/],
    [['get', savepoint, 'totals', 'offsets', '1'], 2, /has no keys: `millrace state export`/],
    [['get', savepoint, 'totals', 'total', '{"$date":1,"x":2}'], 2, /The key is an object with/],
  ] as const) {
    const result = await millrace(...words)
    assert.equal(result.exitCode, exitCode, result.stderr)
    assert.match(result.stderr, expected)
  }
})

test('a damaged file is told with its name, and nothing wrong is printed', async () => {
  const folder = join(savepoint, 'attempt_0')
  const [name = ''] = readdirSync(folder)
  const file = join(folder, name)
  const content = readFileSync(file)
  const damaged = Buffer.from(content)
  damaged[content.length >> 1] = (damaged[content.length >> 1] ?? 0) ^ 1
  writeFileSync(file, damaged)
  for (const words of [
    ['export', savepoint],
    ['show', savepoint, '--verify'],
  ]) {
    const { exitCode, stderr } = await millrace(...words)
    assert.equal(exitCode, 1)
    assert.match(stderr, /CHECKPOINT_CORRUPT/)
    assert.ok(stderr.includes(name), stderr)
  }
  writeFileSync(file, content)
})
