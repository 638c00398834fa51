// A FileSink on a disk in memory, under an engine that takes checkpoints and fails: whatever is
// killed, and whenever, each record comes out once.

import { deepEqual, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { type Random, randomBelow, SeededRandom } from '@millrace/core'
import fc from 'fast-check'
import { type SinkCheckpoint, SinkRun } from '../../sink-run-test-support.ts'
import { ManualClock } from '../../source-test-support.ts'
import { FileSink } from '../file-sink.ts'
import type { OutputFiles } from './output-files.ts'
import type { FileCommittable, FileWriterState } from './part-file.ts'
import {
  OnCheckpointRollingPolicy,
  type RollingPolicy,
  SizeAndTimeRollingPolicy,
} from './rolling-policy.ts'
import { Killed, SimulatedDisk, type SimulatedProcess } from './simulated-disk-test-support.ts'

type Run = SinkRun<number, FileCommittable, FileWriterState>

const recordCount = 60
const expected = Array.from({ length: recordCount }, (_, index) => index)
const failures = ['kill', 'lose-power', 'cut-off', 'kill-and-fall-back'] as const

const setting = fc.record({
  seed: fc.nat(),
  policy: fc.constantFrom('checkpoint', 'size', 'time'),
  parallelisms: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
  failures: fc.array(fc.constantFrom(...failures), { maxLength: 5 }),
})

type Setting = typeof setting extends fc.Arbitrary<infer Value> ? Value : never

function policyOf(name: Setting['policy']): RollingPolicy {
  if (name === 'checkpoint') return new OnCheckpointRollingPolicy()
  const partSizeBytesMax = name === 'size' ? 20 : 1_000_000
  return new SizeAndTimeRollingPolicy({ partSizeBytesMax, rolloverIntervalMs: 3000 })
}

function sinkOf(files: OutputFiles, policy: Setting['policy']): FileSink<number> {
  return new FileSink<number>({
    directory: '/out',
    format: String,
    options: { rollingPolicy: policyOf(policy), flushIntervalMs: 100 },
    files,
    pieceLengthMin: 6,
  })
}

/** The engine: attempts, checkpoints and failures, by chance. */
class Engine {
  readonly disk: SimulatedDisk
  readonly #setting: Setting
  readonly #random: Random
  readonly #clock = new ManualClock()
  /** Completed; the last is the latest. */
  #checkpoints: SinkCheckpoint[] = []
  #hasFallenBack = false
  #nextCheckpointId = 1
  #attemptNumber = 0
  /** Attempts that were given up and know nothing of it. */
  readonly #cutOff: Run[] = []
  readonly #late: (() => Promise<Run>)[] = []

  constructor(each: Setting) {
    this.#setting = each
    this.#random = new SeededRandom(each.seed)
    this.disk = new SimulatedDisk(this.#random)
  }

  async run(operationCountMax?: number): Promise<void> {
    const failuresLeft: (string | undefined)[] = [...this.#setting.failures]
    let operationsLeft = operationCountMax
    for (;;) {
      const process = this.disk.process(operationsLeft)
      operationsLeft = undefined
      const failure = failuresLeft.shift()
      try {
        const run = await this.#open(process)
        await this.#work(run, failure === undefined ? undefined : this.#below(40))
        if (failure === undefined) return
        if (failure === 'cut-off') this.#cutOff.push(run)
      } catch (error) {
        if (!(error instanceof Killed)) throw error
      }
      this.#fail(process, failure)
    }
  }

  visible(): readonly number[] {
    const paths = this.disk.paths.filter((path) => !path.includes('/.'))
    const lines = paths.flatMap((path) => this.disk.textOf(path).split('\n').filter(Boolean))
    return lines.map(Number).sort((a, b) => a - b)
  }

  hidden(): readonly string[] {
    return this.disk.paths.filter((path) => path.includes('/.'))
  }

  #open(process: SimulatedProcess): Promise<Run> {
    const { policy, failures: all } = this.#setting
    // A file of a subtask that the older checkpoint never had tells nobody where it comes from.
    const isFixed = all.includes('kill-and-fall-back')
    const parallelisms = isFixed ? [2] : this.#setting.parallelisms
    const attemptNumber = this.#attemptNumber
    const parallelism = parallelisms[attemptNumber % parallelisms.length] ?? 1
    // Timers fire when the other operators of the task take their time.
    const onPrepared = (): void => this.#clock.advance(this.#below(4) * 1000)
    const options = { parallelism, attemptNumber, clock: this.#clock, onPrepared }
    const restored = this.#checkpoints.at(-1)
    return SinkRun.open(sinkOf(process, policy), { ...options, restored })
  }

  /** Until all is done, or for so many steps. */
  async #work(run: Run, stepCountMax = Number.POSITIVE_INFINITY): Promise<void> {
    for (let steps = 0; steps < stepCountMax; steps++) {
      if (run.position === recordCount) {
        await this.#complete(run, await run.takeCheckpoint(this.#nextCheckpointId++, true))
        await run.close()
        return
      }
      await this.#step(run)
      await this.#stepOfOthers()
    }
  }

  async #step(run: Run): Promise<void> {
    const dice = this.#below(10)
    if (dice < 6) await run.write(this.#below(run.parallelism), run.position)
    else if (dice < 8) this.#clock.advance(this.#below(1500))
    else {
      const checkpoint = await run.takeCheckpoint(this.#nextCheckpointId++)
      // One in three is given up after it was prepared.
      if (this.#below(3) > 0) await this.#complete(run, checkpoint)
    }
  }

  async #complete(run: Run, checkpoint: SinkCheckpoint): Promise<void> {
    // What an older checkpoint was used for is not undone a second time.
    const retained = this.#hasFallenBack ? [] : this.#checkpoints
    this.#hasFallenBack = false
    this.#checkpoints = [...retained, checkpoint].slice(-2)
    await run.commit()
  }

  /** What they do comes to nothing, and may fail in any way. */
  async #stepOfOthers(): Promise<void> {
    if (this.#late.length > 0 && this.#below(5) === 0) {
      const opened = await this.#late
        .shift()?.()
        .catch(() => undefined)
      if (opened !== undefined) this.#cutOff.push(opened)
    }
    for (const other of [...this.#cutOff]) {
      try {
        if (this.#below(2) === 0) await other.write(this.#below(other.parallelism), 1e6)
        if (this.#below(4) === 0) await other.takeCheckpoint(1e6)
        if (this.#below(20) > 0) continue
        this.#cutOff.splice(this.#cutOff.indexOf(other), 1)
        await other.close()
      } catch {}
    }
  }

  #fail(process: SimulatedProcess, failure: string | undefined): void {
    if (failure === 'cut-off') {
      const late = this.disk.process()
      const restored = this.#checkpoints.at(-1)
      const { policy } = this.#setting
      const options = { parallelism: 2, attemptNumber: ++this.#attemptNumber, clock: this.#clock }
      this.#late.push(() => SinkRun.open(sinkOf(late, policy), { ...options, restored }))
    } else process.kill()
    if (failure === 'lose-power') this.disk.losePower()
    // A file of the latest checkpoint cannot be read.
    if (failure === 'kill-and-fall-back' && this.#checkpoints.length === 2) {
      this.#checkpoints.pop()
      this.#hasFallenBack = true
    }
    this.#attemptNumber += 1
    if (this.#below(4) > 0) return
    // A new JobManager counts from the beginning, and its TaskManagers open nothing of before.
    this.#attemptNumber = 0
    this.#late.length = 0
    this.#clock.advance(1)
  }

  #below(bound: number): number {
    return randomBelow(this.#random, bound)
  }
}

test('every record comes out once, however attempts end and at whatever parallelism', async () => {
  await fc.assert(
    fc.asyncProperty(setting, async (each) => {
      const engine = new Engine(each)
      await engine.run()
      deepEqual(engine.visible(), expected)
    }),
    { numRuns: 150 },
  )
})

for (const policy of ['checkpoint', 'size', 'time'] as const) {
  test(`killed before any operation, a sink that rolls by ${policy} loses nothing`, async () => {
    const each: Setting = { seed: 1, policy, parallelisms: [2], failures: [] }
    const whole = new Engine(each)
    await whole.run()
    deepEqual(whole.visible(), expected)
    const operationCount = whole.disk.operationCount
    ok(operationCount > 60, `only ${operationCount} operations`)
    for (let count = 0; count < operationCount; count++) {
      const engine = new Engine(each)
      await engine.run(count)
      deepEqual(engine.visible(), expected, `killed before operation ${count}`)
      deepEqual(engine.hidden(), [], `killed before operation ${count}`)
    }
  })
}
