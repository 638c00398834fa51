// The demo of the README runs, proves its own results, and leaves nothing behind; and its proof
// fails where something is wrong.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkTotals, isExact } from '../../examples/demo/totals-check.ts'
import { orderAt } from '../../examples/exactly-once.ts'
import { isAlive } from '../real-cluster/process-state.ts'
import { plainEnvironment } from '../real-cluster/real-cluster.ts'

const root = join(import.meta.dirname, '..', '..')

test('the demo survives both kills with exact totals and leaves no process and no file', () => {
  const done = spawnSync(
    process.execPath,
    ['--conditions=source', join(root, 'examples', 'demo.ts')],
    { cwd: root, encoding: 'utf8', timeout: 240_000, env: plainEnvironment() },
  )
  const said = done.stdout + done.stderr
  assert.equal(done.status, 0, said)
  const [made, found] = /^(\S+) orders were made, and (\S+) lines/m.exec(said)?.slice(1) ?? []
  assert(made !== undefined && made === found, said)
  assert.equal(said.match(/^✔ /gm)?.length, 4, said)
  assert(!said.includes('✘'), said)
  assert.match(said, /kill -9 \d+ .*the TaskManager/)
  assert.match(said, /kill -9 \d+ .*the JobManager/)
  const restored = [...said.matchAll(/went on from checkpoint (\d+)/g)].map(([, id]) => Number(id))
  assert(restored.length >= 2 && restored.every((id) => id > 0), said)
  assert(said.match(/No new file appeared for [1-9]/g)?.length === restored.length, said)
  const started = [...said.matchAll(/(?:, | {2})process (\d+)$/gm)].map(([, id]) => Number(id))
  assert(started.length >= 6, said)
  assert.deepEqual(
    started.filter((id) => isAlive(id)),
    [],
  )
  const directory = /--dir (\S+)/.exec(done.stdout)?.[1]
  assert(directory !== undefined, said)
  assert(!existsSync(directory), `${directory} is still there`)
})

const count = 3_000

/** What a run without any failure publishes. */
function exactLines(): string[] {
  const totals = new Map<number, number>()
  return Array.from({ length: count }, (_, order) => {
    const { account, cents } = orderAt(order)
    const total = (totals.get(account) ?? 0) + cents
    totals.set(account, total)
    return JSON.stringify({ order, account, total })
  })
}

/** The claims that do not hold for these lines. */
function brokenClaims(lines: readonly string[]): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-totals-'))
  try {
    const half = lines.length / 2
    writeFileSync(join(folder, 'part-0-0'), `${lines.slice(half).join('\n')}\n`)
    writeFileSync(join(folder, 'part-1-0'), `${lines.slice(0, half).join('\n')}\n`)
    const found = checkTotals(folder, count)
    const broken = found.findings.filter(({ problemCount }) => problemCount > 0)
    assert.equal(isExact(found), broken.length === 0)
    return broken.map(({ claim }) => claim.split(',')[0] ?? '')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const lost = 'no order is lost'
const repeated = 'no order is there twice'
const step = 'each total is the one before it in its account'
const last = 'the last total of each of 1000 accounts is that of a plain loop'

test('the proof of the demo holds for what is exact, in whatever order', () => {
  assert.deepEqual(brokenClaims(exactLines()), [])
  assert.deepEqual(brokenClaims(exactLines().reverse()), [])
})

test('the proof of the demo notices a lost line, the last of an account too', () => {
  assert.deepEqual(brokenClaims(exactLines().toSpliced(7, 1)), [lost, step])
  assert.deepEqual(brokenClaims(exactLines().slice(0, -1)), [lost, last])
})

test('the proof of the demo notices a repeated line', () => {
  const lines = exactLines()
  assert.deepEqual(brokenClaims([...lines, lines[7] ?? '']), [repeated, step])
})

test('the proof of the demo notices an order that counted twice but came out once', () => {
  const lines = exactLines().map((line) => {
    const { order, account, total } = JSON.parse(line)
    const extra = account === 7 && order > 7 ? orderAt(7).cents : 0
    return JSON.stringify({ order, account, total: total + extra })
  })
  assert.deepEqual(brokenClaims(lines), [step, last])
})

test('the proof of the demo notices state that was lost', () => {
  const lines = exactLines().map((line) => {
    const { order, account } = JSON.parse(line)
    return JSON.stringify({ order, account, total: orderAt(order).cents })
  })
  assert.deepEqual(brokenClaims(lines), [step, last])
})

test('the proof of the demo notices an empty folder, and orders that were never made', () => {
  assert.deepEqual(brokenClaims([]), [lost, last])
  const line = JSON.stringify({ order: count, account: 0, total: 1 })
  assert(brokenClaims([...exactLines(), line]).includes(repeated))
})
