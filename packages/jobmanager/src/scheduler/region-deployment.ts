import { assert, type JobId } from '@millrace/core'
import { createTaskDeployment } from '../execution-graph/task-deployment-factory.ts'
import type { JobSchedulerCommand } from './job-scheduler-command.ts'
import type { Recovery, RecoveryContext } from './recovery.ts'
import type { Region } from './region.ts'

/** Sends regions into the slots they wait for, and returns the slots of those that finished. */
export class RegionDeployment {
  readonly #jobId: JobId
  readonly #context: RecoveryContext
  readonly #recovery: Recovery

  constructor(jobId: JobId, context: RecoveryContext, recovery: Recovery) {
    this.#jobId = jobId
    this.#context = context
    this.#recovery = recovery
  }

  /** Deploys each region that has all its slots. The job runs again when none is left waiting. */
  deployReady(): void {
    const { life, regions } = this.#context
    if (life.isEnding) return
    for (const region of regions.waiting) {
      if (region.hasAllSlots) this.#deploy(region)
    }
    if (life.status !== 'RESTARTING' || regions.waiting.length > 0) return
    if (!this.#recovery.isPending) life.transitionTo('RUNNING')
  }

  /** All tasks of the region are FINISHED: it needs no slots any more. */
  finish(region: Region): void {
    const { life, regions, slots } = this.#context
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
    const { executionGraph, slots, coordinatedOperators, life, outbox } = this.#context
    for (const vertex of region.vertices) {
      const place = slots.pool.placeOf(vertex)
      assert(place.slot !== undefined, `${vertex.taskName} is deployed without a slot`)
      vertex.execution.deploy(place.slot)
      place.isUsed = true
    }
    region.transitionTo('running')
    for (const command of coordinatedOperators.onDeploying(region.vertices)) {
      outbox.push({ kind: 'notify-job-host', command })
    }
    const submissions = region.vertices.map((vertex): JobSchedulerCommand => {
      const { slot } = vertex.execution
      assert(slot !== undefined, `${vertex.taskName} was deployed`)
      const deployment = createTaskDeployment(this.#jobId, executionGraph, vertex)
      return { kind: 'submit-task', taskManagerId: slot.taskManagerId, deployment }
    })
    outbox.push(...submissions)
    if (life.status === 'CREATED') life.transitionTo('RUNNING')
  }
}
