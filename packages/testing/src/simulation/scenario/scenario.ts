import { type Random, randomBelow } from '@millrace/core'
import { AttemptChecker } from '../checkers/attempt-checker.ts'
import { CheckpointChecker } from '../checkers/checkpoint-checker.ts'
import { DetectionChecker } from '../checkers/detection-checker.ts'
import { checkJob } from '../checkers/job-checker.ts'
import { LeadershipChecker } from '../checkers/leadership-checker.ts'
import { checkNothingLeft } from '../checkers/leak-checker.ts'
import { checkRetention } from '../checkers/retention-checker.ts'
import { SessionChecker } from '../checkers/session-checker.ts'
import { SlotChecker } from '../checkers/slot-checker.ts'
import type { Plant } from '../cluster/plant.ts'
import { checkpointHost } from '../cluster/product-threads.ts'
import { SimulatedCluster } from '../cluster/simulated-cluster.ts'
import { jobManagerHost } from '../cluster/simulated-job-manager.ts'
import { JobOutput } from '../jobs/job-output.ts'
import type { JobWorld } from '../jobs/job-world.ts'
import { LeaseOrigins } from '../jobs/lease-origins.ts'
import { isCheckpointed, pick, randomJob, type SimulatedJob } from '../jobs/simulated-job.ts'
import { Simulation, type Violation } from '../world/simulation.ts'
import { JobDriver } from './job-driver.ts'
import { Nemesis } from './nemesis.ts'
import {
  apiVersion,
  randomScenario,
  type ScenarioOptions,
  slotCountOf,
} from './scenario-options.ts'

export interface ScenarioResult {
  readonly seed: number
  readonly violations: readonly Violation[]
  readonly logHash: string
  readonly eventCount: number
  readonly virtualMs: number
  readonly faultCount: number
  readonly checkpointCount: number
  readonly savepointCount: number
  /** How each job ended. */
  readonly jobEnds: readonly string[]
  readonly log: readonly string[]
}

/** Faults are over, and jobs have so long to come to their end. */
const recoveryMsMax = 600_000
/** Jobs that must run on are looked at this long after the last fault. */
const calmMs = 30_000
/** Longer than a job host keeps results, and than any time-out of the product. */
const quiescenceMs = 90_000
const tickMs = 100
/** Beside the other faults of a scenario whose jobs are rescaled. */
const rescaleKinds = ['rescale', 'rescale'] as const
/** The same, of one whose users take savepoints. */
const savepointKinds = ['savepoint', 'savepoint'] as const
/** For delays of messages and the end of a thread. */
const slackMs = 2000

/**
 * Runs the scenario of a seed: a cluster, users with jobs, faults for a while; then everything is
 * mended, jobs must come to their end, and nothing may be left.
 */
export class Scenario {
  readonly simulation: Simulation
  readonly options: ScenarioOptions
  readonly #cluster: SimulatedCluster
  readonly #attempts: AttemptChecker
  readonly #checkpoints: CheckpointChecker
  readonly #plant: Plant | undefined
  readonly #drivers: readonly JobDriver[]
  readonly #origins = new LeaseOrigins()
  readonly #worlds = new Map<string, JobWorld>()
  readonly #nemesis: Nemesis

  constructor(
    seed: number,
    settings: { readonly plant?: Plant | undefined; readonly keepsLog?: boolean } = {},
  ) {
    const simulation = new Simulation(seed, { keepsLog: settings.keepsLog ?? false })
    this.simulation = simulation
    const random = simulation.random('scenario')
    this.options = randomScenario(random)
    this.#plant = settings.plant
    const { cluster: clusterOptions, jobCount } = this.options
    const { heartbeatTimeoutMs, heartbeatIntervalMs } = clusterOptions.session
    // Twice: a JobManager that wakes behind its successor gives one heartbeat more.
    this.#attempts = new AttemptChecker(
      simulation,
      2 * heartbeatTimeoutMs + heartbeatIntervalMs + slackMs,
    )
    const detection = new DetectionChecker(simulation, () => this.#isDisturbed())
    const rescales = simulation.random('rescales')
    const { provokedBy = [] } = settings.plant ?? {}
    const isRescaling = randomBelow(rescales, 3) === 0 || provokedBy.includes('rescale')
    const isSaving = randomBelow(simulation.random('savepoints'), 3) === 0
    const slotCount = slotCountOf(clusterOptions)
    const jobs = Array.from({ length: jobCount }, (_, index) =>
      randomJob(random, index, slotCount, isRescaling),
    )
    const observers = [
      this.#attempts,
      detection,
      new SessionChecker(simulation),
      new SlotChecker(simulation),
      new LeadershipChecker(simulation),
      this.#origins,
    ]
    this.#cluster = new SimulatedCluster(
      simulation,
      clusterOptions,
      { evaluate: (content) => this.#evaluate(jobs, content) },
      { observers, plant: settings.plant },
    )
    const retainedCountOf = (name: string): number => {
      const job = jobs.find((each) => each.name === name)
      return Number(job?.config['execution.checkpointing.num-retained'])
    }
    const storage = this.#cluster.diskOf(checkpointHost)
    const highAvailability = this.#cluster.diskOf(jobManagerHost)
    this.#checkpoints = new CheckpointChecker(
      simulation,
      { storage, highAvailability },
      retainedCountOf,
    )
    this.#drivers = jobs.map((job) => new JobDriver(this.#cluster, job, apiVersion))
    this.#nemesis = new Nemesis(
      this.#cluster,
      [
        ...this.options.faultKinds,
        ...provokedBy,
        ...(isRescaling ? rescaleKinds : []),
        ...(isSaving ? savepointKinds : []),
      ],
      () => this.#attempts.busyThreads,
      (act, nemesis) => {
        if (act === 'savepoint') this.#takeSavepoint(nemesis)
        else this.#rescale(nemesis, slotCount)
      },
    )
  }

  async run(): Promise<ScenarioResult> {
    const { simulation, options } = this
    const random = simulation.random('users')
    const uncaught = (error: unknown): void => simulation.onUncaught(error)
    process.on('unhandledRejection', uncaught)
    try {
      this.#tick()
      for (const driver of this.#drivers) {
        driver.start(200 + (random.uint32() % options.faultsMs))
        const isImpatient = random.uint32() % 6 === 0
        if (isImpatient) driver.cancelAfter(500 + (random.uint32() % (2 * options.faultsMs)))
      }
      this.#nemesis.start(options.faultPauseMs)
      await this.#runFor(options.faultsMs)
      this.#nemesis.end()
      await this.#comeToAnEnd()
      if (simulation.violations.length === 0) await this.#checkEnd()
    } finally {
      process.off('unhandledRejection', uncaught)
    }
    return this.#result()
  }

  #rescale(nemesis: Random, slotCount: number): void {
    const drivers = this.#drivers.filter(({ job }) => job.isRescaled)
    if (drivers.length === 0) return
    pick(nemesis, drivers).rescale(1 + randomBelow(nemesis, Math.min(5, slotCount)))
  }

  /** Jobs that would not end by themselves are stopped with it now and then. */
  #takeSavepoint(nemesis: Random): void {
    const drivers = this.#drivers.filter(({ job }) => isCheckpointed(job))
    if (drivers.length === 0) return
    const driver = pick(nemesis, drivers)
    const goal = pick(nemesis, ['savepoint', 'savepoint', 'stop', 'drain'] as const)
    driver.savepoint(driver.job.expectation.end === 'RUNNING' ? goal : 'savepoint')
  }

  /** Bounded jobs end by themselves; the others must run, are looked at, and then canceled. */
  async #comeToAnEnd(): Promise<void> {
    await this.#runFor(calmMs)
    for (const driver of this.#drivers) if (driver.job.expectation.end === 'any') driver.cancel()
    const openEndless = (): readonly JobDriver[] =>
      this.#drivers.filter(({ job, outcome, wasCanceled }) => {
        return job.expectation.end === 'RUNNING' && outcome === undefined && !wasCanceled
      })
    while (openEndless().length > 0) {
      // One may wait for slots that another has.
      const running = (): JobDriver | undefined =>
        openEndless().find(({ latest }) => latest?.status === 'RUNNING')
      await this.#runFor(recoveryMsMax / 4, () => running() !== undefined)
      const driver = running()
      if (driver === undefined) {
        const states = openEndless().map(({ job, latest }) => {
          return `${job.name} is ${latest?.status}, ${latest?.waitingFor || 'waiting for nothing'}`
        })
        if (states.length > 0) this.simulation.violate('endless-jobs-run', states.join('; '))
        break
      }
      driver.cancel()
      await this.#runFor(recoveryMsMax / 4, () => driver.outcome !== undefined)
    }
    await this.#runFor(recoveryMsMax, () => this.#drivers.every(({ outcome }) => outcome))
  }

  async #checkEnd(): Promise<void> {
    const { simulation } = this
    for (const driver of this.#drivers) checkJob(simulation, driver, this.#worldOf(driver.job))
    await this.#runFor(quiescenceMs)
    this.#cluster.observe('onQuiescent')
    await checkNothingLeft(this.#cluster, this.options.cluster)
    if (this.#nemesis.faultCount === 0) {
      checkRetention(simulation, this.#checkpoints, this.#drivers)
    }
  }

  async #runFor(durationMs: number, isOver: () => boolean = () => false): Promise<void> {
    const { simulation } = this
    const isBroken = (): boolean => simulation.violations.length > 0
    await simulation.run(simulation.nowMs + durationMs, () => isBroken() || isOver())
  }

  #tick(): void {
    const { simulation } = this
    simulation.schedule(simulation.world, tickMs, 'tick', () => {
      this.#cluster.observe('onTick')
      this.#tick()
    })
  }

  #isDisturbed(): boolean {
    const { jobManagerActor, network } = this.#cluster
    return !jobManagerActor.isRunning || network.links.isAnyBlocked
  }

  #evaluate(
    jobs: readonly SimulatedJob[],
    content: Uint8Array,
  ): ReturnType<SimulatedJob['evaluate']> {
    const name = new TextDecoder().decode(content)
    const job = jobs.find((each) => each.name === name)
    if (job === undefined) throw new Error(`There is no job ${name} in this scenario`)
    return job.evaluate(this.#worldOf(job))
  }

  #worldOf(job: SimulatedJob): JobWorld {
    const known = this.#worlds.get(job.name)
    if (known !== undefined) return known
    const world: JobWorld = {
      output: new JobOutput(this.simulation, this.#origins, {
        jobName: job.name,
        isCheckpointed: isCheckpointed(job),
        isInCheckpoint: (transactionId) => this.#checkpoints.holds(transactionId),
      }),
      endCurrentThread: (end) => this.#cluster.endCurrentThread(end),
      timers: this.#plant?.timers?.(),
      valueState: this.#plant?.valueState,
    }
    this.#worlds.set(job.name, world)
    return world
  }

  #result(): ScenarioResult {
    const { seed, violations, log, eventCount, nowMs } = this.simulation
    return {
      seed,
      violations,
      logHash: log.hash,
      eventCount,
      virtualMs: nowMs,
      faultCount: this.#nemesis.faultCount,
      checkpointCount: this.#checkpoints.completedCount,
      savepointCount: this.#checkpoints.savepointCount,
      jobEnds: this.#drivers.map(({ job, outcome }) => `${job.name}: ${outcome?.end ?? 'open'}`),
      log: log.lines,
    }
  }
}
