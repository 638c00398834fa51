// The file sink in a real cluster in one process, with tasks that fail.

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { MiniCluster } from 'millrace/testing'

const module = new URL('./jobs/exactly-once-files.ts', import.meta.url)
const timeout = 60_000
const root = mkdtempSync(join(tmpdir(), 'millrace-file-sink-'))
const count = 3000
const failuresAt = [500, 1400, 2300]

let cluster: MiniCluster
before(async () => {
  cluster = await MiniCluster.start({ taskManagers: 2, slotsPerTaskManager: 1 })
})
after(async () => {
  await cluster.close()
  rmSync(root, { recursive: true, force: true })
})

for (const policy of ['checkpoint', 'size']) {
  test(`files that roll by ${policy} hold every record once after failures`, {
    timeout,
  }, async () => {
    const folder = mkdtempSync(join(root, 'run-'))
    const output = join(folder, 'out')
    for (const number of failuresAt) writeFileSync(join(folder, `fail-at-${number}`), '')
    const args = { folder, output, policy, count: String(count) }
    const client = await cluster.submit(module, { args, parallelism: 2 })
    await client.result()
    const { failures, checkpoints } = await client.details()
    assert.ok(failures.length >= failuresAt.length, `${failures.length} failures`)
    assert.ok(checkpoints?.latestRestored !== undefined, 'it went on from a checkpoint')

    const names = readdirSync(output)
    assert.deepEqual(
      names.filter((name) => !/^part-[01]-\d+$/.test(name)),
      [],
    )
    assert.ok(names.length >= 4, `${names.length} files`)
    const numbers = names
      .flatMap((name) => readFileSync(join(output, name), 'utf8').split('\n'))
      .filter(Boolean)
      .map(Number)
      .sort((a, b) => a - b)
    assert.deepEqual(
      numbers,
      Array.from({ length: count }, (_, index) => index),
    )
    await cluster.untilIdle()
  })
}
