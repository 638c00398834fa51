// Every source, with files, folders and a socket of the real world.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { MiniCluster } from 'millrace/testing'
import { assertEveryEdgeCounted } from './edge-counts.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-sources-'))
const splitSizeBytes = 64 * 1024

/** Lines from none to long, with characters of one to four bytes, ended in both ways. */
const bigLines = Array.from({ length: 30_000 }, (_, index) => {
  return `${index} ${'aé€😀'.repeat((index * 7) % 5)}`
})
const bigText = bigLines.map((line, index) => line + (index % 3 === 0 ? '\r\n' : '\n')).join('')
const people = Array.from({ length: 100 }, (_, age) => ({ name: `Zoë ${age}`, age }))

const files: Readonly<Record<string, string>> = {
  'big.txt': bigText,
  'logs/a.log': 'a1\na2\n',
  'logs/b.txt': 'b1',
  'logs/deep/c.log': 'c1\r\n\r\nc3',
  'logs/deep/d.txt': '',
  'logs/deep/e.txt': 'e1\n',
  'logs/.hidden.log': 'hidden\n',
  'people.json': people.map((person) => `${JSON.stringify(person)}\n\n`).join(''),
}

const expected: Readonly<Record<string, readonly unknown[]>> = {
  elements: ['a', 2, { b: [true, null] }],
  collection: Array.from({ length: 50 }, (_, value) => value * value),
  sequence: Array.from({ length: 506 }, (_, index) => index - 5),
  'one-file': bigLines,
  'a-folder': ['a1', 'a2', 'b1', 'c1', '', 'c3', 'e1'],
  'a-glob': ['a1', 'a2', 'c1', '', 'c3'],
  'several-paths': ['a1', 'a2', 'e1'],
  json: people,
  generated: Array.from({ length: 300 }, (_, id) => ({ id })),
  paced: Array.from({ length: 60 }, (_, index) => index),
}

let cluster: MiniCluster
before(async () => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  cluster = await MiniCluster.start({ taskManagers: 2, slotsPerTaskManager: 2 })
})
after(async () => {
  await cluster.close()
  rmSync(folder, { recursive: true, force: true })
})

for (const parallelism of [1, 2, 3]) {
  test(`every bounded source gives each record once at parallelism ${parallelism}`, async () => {
    const module = new URL('./jobs/bounded-sources.ts', import.meta.url)
    const args = { folder, splitSizeBytes: String(splitSizeBytes) }
    const result = await cluster.run(module, { args, parallelism })
    for (const [sink, records] of Object.entries(expected)) {
      assert.deepEqual(sorted(result.collected(sink)), sorted(records), sink)
    }
    // 60 records at 100 a second; the first ones may come at once.
    assert.ok(result.durationMs >= 400, `paced records took ${result.durationMs} ms`)
    assertEveryEdgeCounted(result)
    await cluster.untilIdle()
  })
}

test('one big file is read by all subtasks, each some ranges of its bytes', async () => {
  const module = new URL('./jobs/file-ranges.ts', import.meta.url)
  const meeting = mkdtempSync(join(folder, 'meeting-'))
  const args = { file: join(folder, 'big.txt'), meeting, splitSizeBytes: String(splitSizeBytes) }
  const result = await cluster.run(module, { args, parallelism: 3 })
  const records = result.collected<readonly [subtask: number, line: string]>('numbered')
  const lines = records.map(([, line]) => line)
  assert.deepEqual(sorted(lines), sorted(bigLines))
  const readers = new Set(records.map(([subtask]) => subtask))
  assert.deepEqual([...readers].sort(), [0, 1, 2])
})

test('unbounded sources give what comes while the job runs', { timeout: 60_000 }, async () => {
  const watched = join(folder, 'watched')
  mkdirSync(watched)
  writeFileSync(join(watched, 'first.txt'), 'one\ntwo\n')
  const server = createServer()
  const connected = once(server, 'connection') as Promise<[Socket]>
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { readonly port: number }
  const client = await cluster.submit(new URL('./jobs/unbounded-sources.ts', import.meta.url), {
    args: { folder: watched, port: String(port) },
    parallelism: 2,
  })
  const hasLines = (count: number) => (records: readonly unknown[]) => records.length >= count
  try {
    assert.deepEqual(sorted(await client.collect('files', hasLines(2))), ['"one"', '"two"'])
    const [socket] = await connected
    socket.write('hello\nwor')
    assert.deepEqual(await client.collect('socket', hasLines(1)), ['hello'])
    socket.write('ld\r\n')
    assert.deepEqual(await client.collect('socket', hasLines(2)), ['hello', 'world'])
    writeFileSync(join(folder, 'second.txt'), 'three')
    renameSync(join(folder, 'second.txt'), join(watched, 'second.txt'))
    const found = await client.collect('files', hasLines(3))
    assert.deepEqual(sorted(found), ['"one"', '"three"', '"two"'])
    const ticks = await client.collect<number>('generated', hasLines(100))
    assert.deepEqual(
      ticks.toSorted((left, right) => left - right).slice(0, 50),
      Array.from({ length: 50 }, (_, index) => index),
    )
  } finally {
    await client.cancel()
    server.close()
  }
  assert.equal((await client.result()).status, 'CANCELED')
  await cluster.untilIdle()
})

function sorted(records: readonly unknown[]): readonly string[] {
  return records.map((record) => JSON.stringify(record)).sort()
}
