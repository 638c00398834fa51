// Runs the simulation with new seeds for a fixed time:
//
//   npm run simulate -- [--seconds=180 | --seeds=N] [--first-seed=N] [--seed=N] [--plant=NAME]
//     [--print-log]
//
// Without --seed: new seeds for so many seconds (or so many seeds), the first ones twice, to see
// that a seed means one run and no other; then every plant (a known bug) must be found. With
// --first-seed: that one and those that follow it instead of new ones, so that a run can be
// repeated. With --seed: that one. With --plant: that bug is switched on, and the run succeeds if
// it is found. The last line is `N passed, N failed`.

import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { type Plant, plants, Scenario, type ScenarioResult } from '@millrace/testing'

/** Seeds that are run twice. */
const replayedSeedCount = 5
/** Progress is said after so many. */
const progressEvery = 500
/** A plant that none of so many seeds finds is not found. */
const plantSeedsMax = 2000

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seconds: { type: 'string', default: '180' },
    seeds: { type: 'string' },
    'first-seed': { type: 'string' },
    plant: { type: 'string' },
    'print-log': { type: 'boolean', default: false },
  },
})

let passed = 0
let failed = 0

process.exitCode = await main()

async function main(): Promise<number> {
  const plant = plantNamed(values.plant)
  if (values.seed !== undefined) await runOne(Number(values.seed), plant)
  else if (plant !== undefined) await huntPlant(plant)
  else if (values.seeds !== undefined) await runAll({ seeds: Number(values.seeds) })
  else await runAll({ seconds: Number(values.seconds) })
  console.log(`${passed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

function plantNamed(name: string | undefined): Plant | undefined {
  if (name === undefined) return undefined
  const plant = plants.find((each) => each.name === name)
  if (plant !== undefined) return plant
  console.error(`There is no plant ${name}. Plants: ${plants.map((each) => each.name).join(', ')}.`)
  process.exit(1)
}

/** One seed, in detail. */
async function runOne(seed: number, plant: Plant | undefined): Promise<void> {
  const result = await new Scenario(seed, { plant, keepsLog: values['print-log'] }).run()
  for (const line of result.log) console.log(line)
  const seconds = (result.virtualMs / 1000).toFixed(1)
  console.log(`seed ${seed}: ${result.eventCount} events in ${seconds} virtual seconds`)
  console.log(
    `  log ${result.logHash}, ${result.faultCount} faults, ` +
      `${result.checkpointCount} checkpoints, jobs:`,
  )
  for (const end of result.jobEnds) console.log(`    ${end}`)
  if (plant === undefined) {
    judge(result)
    return
  }
  report(result.violations.length > 0, `plant ${plant.name}`, `seed ${seed} does not find it`)
  if (result.violations.length > 0) console.log(describe(result, plant))
}

/** The seed that is run after `count` others. */
function seedNumber(count: number): number {
  const first = values['first-seed']
  return first === undefined ? randomInt(2 ** 32) : Number(first) + count
}

async function runAll({
  seconds = Number.POSITIVE_INFINITY,
  seeds = Number.POSITIVE_INFINITY,
}: {
  readonly seconds?: number
  readonly seeds?: number
}): Promise<void> {
  const startedAt = performance.now()
  const endsAt = startedAt + seconds * 1000
  let eventCount = 0
  let faultCount = 0
  let checkpointCount = 0
  let count = 0
  for (; count < seeds && performance.now() < endsAt; count++) {
    const seed = seedNumber(count)
    const result = await new Scenario(seed).run()
    judge(result)
    eventCount += result.eventCount
    faultCount += result.faultCount
    checkpointCount += result.checkpointCount
    if (count % progressEvery === progressEvery - 1) console.log(`${count + 1} seeds`)
    if (count < replayedSeedCount) await replay(result)
  }
  const took = ((performance.now() - startedAt) / 1000).toFixed(0)
  console.log(
    `${count} seeds: ${eventCount} events, ${checkpointCount} checkpoints, ` +
      `${faultCount} faults in ${took} s`,
  )
  for (const plant of plants) await huntPlant(plant)
}

/** The same seed again must give the same log. */
async function replay({ seed, logHash }: ScenarioResult): Promise<void> {
  const again = await new Scenario(seed).run()
  const message = `seed ${seed} gave log ${logHash}, and then ${again.logHash}`
  report(again.logHash === logHash, 'same seed, same log', message)
}

async function huntPlant(plant: Plant): Promise<void> {
  for (let count = 1; count <= plantSeedsMax; count++) {
    const seed = seedNumber(count)
    const result = await new Scenario(seed, { plant }).run()
    const violation = result.violations[0]
    if (violation === undefined) continue
    console.log(
      `plant ${plant.name} found by seed ${seed}, number ${count}: ${violation.invariant}`,
    )
    passed++
    return
  }
  report(false, `plant ${plant.name}`, `none of ${plantSeedsMax} seeds found it: ${plant.bug}`)
}

function judge(result: ScenarioResult): void {
  report(result.violations.length === 0, `seed ${result.seed}`, describe(result))
}

function describe({ seed, violations }: ScenarioResult, plant?: Plant): string {
  const lines = violations.map(({ invariant, message, atMs }) => {
    return `  ${invariant} at ${atMs.toFixed(3)} ms: ${message}`
  })
  const planted = plant === undefined ? '' : ` --plant=${plant.name}`
  const replayCommand = `  npm run simulate -- --seed=${seed}${planted} --print-log`
  return [`seed ${seed} violates:`, ...lines, replayCommand].join('\n')
}

function report(isPassed: boolean, what: string, message: string): void {
  if (isPassed) {
    passed++
    return
  }
  failed++
  console.log(`FAILED ${what}\n${message}`)
}
