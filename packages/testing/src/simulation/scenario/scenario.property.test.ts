import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plants } from './plants.ts'
import { Scenario, type ScenarioResult } from './scenario.ts'

/** Seeds below this one are calm without a plant. */
const seedCount = 20

function violationsOf(result: ScenarioResult): readonly string[] {
  return result.violations.map(({ invariant, message }) => `${invariant}: ${message}`)
}

test('a seed gives the same events, faults and ends of jobs whenever it is run', async () => {
  const seeds = [11, 12, 13]
  for (const seed of seeds) {
    const first = await new Scenario(seed, { keepsLog: true }).run()
    const again = await new Scenario(seed, { keepsLog: true }).run()
    assert.ok(first.log.length > 100, `seed ${seed} gives ${first.log.length} lines`)
    assert.deepEqual(again, first)
  }
})

test('different seeds give different events', async () => {
  const hashes = new Set<string>()
  for (let seed = 0; seed < 5; seed++) hashes.add((await new Scenario(seed).run()).logHash)
  assert.equal(hashes.size, 5)
})

test('a cluster without a plant keeps every invariant', async () => {
  let faultCount = 0
  let checkpointCount = 0
  for (let seed = 0; seed < seedCount; seed++) {
    const result = await new Scenario(seed).run()
    assert.deepEqual(violationsOf(result), [], `seed ${seed}`)
    faultCount += result.faultCount
    checkpointCount += result.checkpointCount
  }
  assert.ok(faultCount > seedCount, `${faultCount} faults`)
  assert.ok(checkpointCount > 5 * seedCount, `${checkpointCount} checkpoints`)
})

const quicklyFound = [
  'slot-leased-twice',
  'split-assigned-twice',
  'commit-before-complete',
  'stale-attempt-acknowledged',
  'state-not-copied',
]

for (const name of quicklyFound) {
  test(`the plant ${name} is found by one of the seeds that are calm without it`, async () => {
    const plant = plants.find((each) => each.name === name)
    assert.ok(plant !== undefined)
    const finders: number[] = []
    for (let seed = 0; seed < seedCount && finders.length === 0; seed++) {
      const { violations } = await new Scenario(seed, { plant }).run()
      if (violations.length > 0) finders.push(seed)
    }
    assert.equal(finders.length, 1)
    const seed = finders[0] ?? 0
    const first = await new Scenario(seed, { plant }).run()
    assert.ok(first.violations.length > 0, 'the same seed finds it again')
  })
}
