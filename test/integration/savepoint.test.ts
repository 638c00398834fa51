// Savepoints of running jobs, and jobs that stop with one, in a real cluster in one process: no
// record, no state and no timer is lost or doubled between a job and the one that goes on from it.

import assert from 'node:assert/strict'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { disposeSavepoint, FileSystemCheckpointStorage } from '@millrace/state'
import { NodeFileSystem } from '@millrace/state/node-file-system'
import { type JobClient, MiniCluster } from 'millrace/testing'
import type { Alarm, Counted } from './jobs/saved.ts'

const module = new URL('./jobs/saved.ts', import.meta.url)
const timeout = 120_000
const root = mkdtempSync(join(tmpdir(), 'millrace-savepoint-'))

let cluster: MiniCluster
before(async () => {
  cluster = await MiniCluster.start({ taskManagers: 2, slotsPerTaskManager: 2 })
})
after(async () => {
  await cluster.close()
  rmSync(root, { recursive: true, force: true })
})

interface Start {
  readonly output: string
  readonly backend?: 'heap' | 'leveldb'
  readonly fromSavepoint?: string | undefined
  readonly interval?: string
}

function submit({ output, backend = 'heap', fromSavepoint, interval = '1 h' }: Start) {
  return cluster.submit(module, {
    args: { output, interval },
    parallelism: 2,
    configuration: { 'state.backend.type': backend },
    ...(fromSavepoint === undefined ? {} : { fromSavepoint }),
  })
}

function folder(name: string): string {
  return mkdtempSync(join(root, `${name}-`))
}

/** Until so many records were counted. */
async function counted(client: JobClient, least: number): Promise<void> {
  await client.until(({ vertices }) => {
    const subtasks = vertices.flatMap((vertex) =>
      vertex.name.startsWith('count') ? vertex.subtasks : [],
    )
    return subtasks.reduce((sum, { metrics }) => sum + (metrics?.recordsIn ?? 0), 0) >= least
  })
}

/** What was committed. */
function linesIn(output: string): readonly (Counted | Alarm)[] {
  return readdirSync(output)
    .filter((name) => name.startsWith('part-'))
    .flatMap((name) => readFileSync(join(output, name), 'utf8').split('\n'))
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

/** Each record is there once, those of each key were counted one by one, timers fired once. */
function assertExact(output: string): { readonly counted: number; readonly alarms: number } {
  const lines = linesIn(output)
  const counts = lines.filter((line) => 'index' in line)
  const alarms = lines.filter((line) => 'alarm' in line)
  assert.equal(new Set(counts.map(({ index }) => index)).size, counts.length, 'a record came twice')
  for (const [key, of] of Map.groupBy(counts, (each) => each.key)) {
    assert.deepEqual(
      of.map(({ count }) => count).toSorted((left, right) => left - right),
      of.map((_, position) => position + 1),
      `key ${key}`,
    )
    const fired = alarms.filter(({ alarm }) => alarm === key)
    assert.ok(fired.length <= of.length, `${fired.length} timers of ${of.length} records`)
  }
  return { counted: counts.length, alarms: alarms.length }
}

for (const backend of ['heap', 'leveldb'] as const) {
  test(`a job that is stopped twice on ${backend} counts as one`, { timeout }, async () => {
    const output = folder('output')
    let fromSavepoint: string | undefined
    for (let stop = 0; stop < 2; stop++) {
      const client = await submit({ output, backend, fromSavepoint })
      await counted(client, 200)
      const target = folder('target')
      const location = await client.stop(target)
      assert.deepEqual(
        readdirSync(target).map((name) => join(target, name)),
        [location],
      )
      assert.equal((await client.details()).restartCount, 0)
      // Names in it are relative: it may lie anywhere.
      fromSavepoint = `${location}-moved`
      cpSync(location, fromSavepoint, { recursive: true })
      rmSync(location, { recursive: true })
    }
    const last = await submit({ output, backend, fromSavepoint })
    await counted(last, 600)
    await last.stop(folder('target'), { drain: true })
    const { counted: total, alarms } = assertExact(output)
    assert.ok(total >= 1000 && alarms >= 400, `${total} records, ${alarms} timers`)
    await cluster.untilIdle()
  })
}

test('a job of which savepoints are taken goes on, and each can be gone on from', {
  timeout,
}, async () => {
  const output = folder('output')
  const client = await submit({ output, interval: '20 ms' })
  const target = folder('target')
  const locations: string[] = []
  for (const least of [200, 600]) {
    await counted(client, least)
    locations.push(await client.savepoint(target))
  }
  await counted(client, 1000)
  await client.stop(folder('target'), { drain: true })
  assertExact(output)
  assert.equal(readdirSync(target).length, locations.length)
  for (const fromSavepoint of locations) {
    // What was written by then, which it goes on from, is in the files of the first.
    const copy = folder('output')
    cpSync(output, copy, { recursive: true })
    const again = await submit({ output: copy, fromSavepoint })
    await counted(again, 200)
    assert.ok((await again.details()).checkpoints?.latestRestored !== undefined)
    await again.cancel()
    await again.result()
    await disposeSavepoint(new FileSystemCheckpointStorage(new NodeFileSystem(), fromSavepoint))
    assert.equal(existsSync(fromSavepoint), false)
  }
})

test('what cannot be taken is refused before anything is asked of the job', {
  timeout,
}, async () => {
  const client = await submit({ output: folder('output') })
  await counted(client, 50)
  const target = folder('target')
  const file = join(target, 'file')
  writeFileSync(file, '')
  await assert.rejects(client.savepoint(file), { code: 'SAVEPOINT_TARGET_UNUSABLE' })
  await assert.rejects(client.stop('savepoints'), /'savepoints' is no absolute path/)
  const taking = client.savepoint(target)
  await assert.rejects(client.stop(target), /another is under way/)
  await taking
  assert.equal((await client.details()).checkpoints?.failedCount, 0)
  await counted(client, 300)
  await client.cancel()
  await client.result()
  await assert.rejects(client.savepoint(target), /it is CANCELED/)
})

test('a job that is canceled meanwhile leaves a whole savepoint or none', {
  timeout,
}, async () => {
  for (let round = 0; round < 4; round++) {
    const client = await submit({ output: folder('output') })
    await counted(client, 50)
    const target = folder('target')
    const goal = round % 2 === 0 ? client.savepoint(target) : client.stop(target)
    const taken = goal.then(
      (location) => location,
      (error: Error & { code?: string }) => {
        const codes = ['SAVEPOINT_FAILED', 'SAVEPOINT_REFUSED', 'ARGUMENT_INVALID']
        assert.ok(codes.includes(error.code ?? ''), error.message)
        return undefined
      },
    )
    await new Promise((resolve) => setTimeout(resolve, 10 * round))
    await client.cancel()
    await client.result()
    const location = await taken
    await cluster.untilIdle()
    const left = readdirSync(target)
    for (const name of left) assert.ok(existsSync(join(target, name, '_metadata')), name)
    if (location !== undefined) assert.deepEqual(left, [location.slice(target.length + 1)])
  }
})
