import { assert, type ErrorInfo, type JobId } from '@millrace/core'
import type { ExecutionVertex } from '../../execution-graph/execution-vertex.ts'
import { createTaskDeployment } from '../../execution-graph/task-deployment-factory.ts'
import type { JobParts } from '../job-parts.ts'
import type { JobSchedulerCommand } from '../job-scheduler-command.ts'
import type { DeploymentTimer, SchedulerTimer } from '../job-scheduler-event.ts'
import type { Recovery } from '../recovery/recovery.ts'
import { deploymentTimedOut } from '../scheduling-errors.ts'
import { auditChannels } from './channel-audit.ts'
import type { Region } from './region.ts'

/** A region whose tasks do not all run in time. */
export interface LateRegion {
  readonly region: Region
  readonly failure: ErrorInfo
  /** The first of its tasks that does not run. */
  readonly origin: ExecutionVertex
}

/**
 * Sends regions into the slots they wait for, bounds the time until they run, and returns the
 * slots of those that finished. Pure.
 */
export class RegionDeployment {
  readonly #jobId: JobId
  readonly #parts: JobParts
  readonly #recovery: Recovery
  /** Regions that do not run in full yet, by the timer that bounds this. */
  readonly #starting = new Map<SchedulerTimer, Region>()

  constructor(jobId: JobId, parts: JobParts, recovery: Recovery) {
    this.#jobId = jobId
    this.#parts = parts
    this.#recovery = recovery
  }

  /** Deploys each region that has all its slots. The job runs again when none is left waiting. */
  deployReady(): void {
    const { life, regions } = this.#parts
    if (life.isEnding) return
    for (const region of regions.waiting) {
      if (region.hasAllSlots) this.#deploy(region)
    }
    if (life.status !== 'RESTARTING' || regions.waiting.length > 0) return
    if (!this.#recovery.isPending) life.transitionTo('RUNNING')
  }

  /** A task of the region came further. Returns what is wrong with a region that finished. */
  onTaskAdvanced(region: Region): ErrorInfo | undefined {
    const timer = this.#timerOf(region)
    if (region.isFullyRunning && this.#starting.delete(timer)) {
      this.#parts.outbox.push({ kind: 'cancel-timer', timer })
    }
    const failure = region.isFinished
      ? auditChannels(this.#parts.executionGraph, region.vertices)
      : undefined
    if (failure !== undefined) return failure
    if (region.isFinished) this.#finish(region)
    this.#recovery.checkRecovered()
    return undefined
  }

  /** What is late, if the timer is one of those that bound a deployment. */
  onTimerFired(timer: SchedulerTimer): LateRegion | undefined {
    const region = this.#starting.get(timer)
    this.#starting.delete(timer)
    if (region?.state !== 'running') return undefined
    const late = region.vertices.filter(
      ({ execution }) => execution.state !== 'RUNNING' && execution.state !== 'FINISHED',
    )
    const [origin] = late
    if (origin === undefined) return undefined
    const failure = deploymentTimedOut(late, this.#parts.options.taskDeploymentTimeoutMs)
    return { region, failure, origin }
  }

  /** All tasks of the region are FINISHED: it needs no slots any more. */
  #finish(region: Region): void {
    const { life, regions, slots } = this.#parts
    region.transitionTo('finished')
    const done = region.places.filter((place) =>
      place.vertices.every((vertex) => regions.of(vertex).state === 'finished'),
    )
    for (const place of done) place.isNeeded = false
    slots.release(done)
    this.#recovery.checkRecovered()
    if (regions.areFinished) life.transitionTo('FINISHED')
  }

  /** All tasks get their slots before any is described: each names the addresses of its inputs. */
  #deploy(region: Region): void {
    const { executionGraph, options, slots, coordinatedOperators, life, outbox } = this.#parts
    const { checkpoints } = this.#parts
    const restored = checkpoints?.latest
    for (const vertex of region.vertices) {
      const place = slots.pool.placeOf(vertex)
      assert(place.slot !== undefined, `${vertex.taskName} is deployed without a slot`)
      vertex.execution.deploy(place.slot, restored?.checkpointId)
      place.isUsed = true
    }
    region.transitionTo('running')
    for (const command of coordinatedOperators.onDeploying(region.vertices, restored)) {
      outbox.push({ kind: 'notify-job-host', command })
    }
    const submissions = region.vertices.map((vertex): JobSchedulerCommand => {
      const { slot } = vertex.execution
      assert(slot !== undefined, `${vertex.taskName} was deployed`)
      const restore = checkpoints?.restoreOf(vertex)
      const deployment = createTaskDeployment(this.#jobId, executionGraph, vertex, restore)
      return { kind: 'submit-task', taskManagerId: slot.taskManagerId, deployment }
    })
    outbox.push(...submissions)
    const delayMs = options.taskDeploymentTimeoutMs
    if (delayMs > 0) {
      const timer = this.#timerOf(region)
      this.#starting.set(timer, region)
      outbox.push({ kind: 'set-timer', timer, delayMs })
    }
    if (life.status === 'CREATED') life.transitionTo('RUNNING')
  }

  #timerOf(region: Region): DeploymentTimer {
    return `deployment-${this.#parts.regions.all.indexOf(region)}`
  }
}
