import { assert, type JobId } from '@millrace/core'
import type { ExecutionGraph } from '../execution-graph/execution-graph.ts'
import { createTaskDeployment } from '../execution-graph/task-deployment-factory.ts'
import type { CoordinatedOperators } from './coordinated-operators.ts'
import type { JobSchedulerCommand } from './job-scheduler-command.ts'
import type { Region } from './region.ts'
import type { SlotPool } from './slot-pool.ts'

/** Deploys a region that has all its slots; all are set before any task is described. */
export function deployRegion(
  jobId: JobId,
  executionGraph: ExecutionGraph,
  region: Region,
  slots: { readonly pool: SlotPool; readonly readers: CoordinatedOperators },
): readonly JobSchedulerCommand[] {
  for (const vertex of region.vertices) {
    const place = slots.pool.placeOf(vertex)
    assert(place.slot !== undefined, `${vertex.taskName} is deployed without a slot`)
    vertex.execution.deploy(place.slot)
    place.isUsed = true
  }
  region.transitionTo('running')
  const notifications = slots.readers
    .onDeploying(region.vertices)
    .map((command): JobSchedulerCommand => ({ kind: 'notify-job-host', command }))
  const submissions = region.vertices.map((vertex): JobSchedulerCommand => {
    const { slot } = vertex.execution
    assert(slot !== undefined, `${vertex.taskName} was deployed`)
    const deployment = createTaskDeployment(jobId, executionGraph, vertex)
    return { kind: 'submit-task', taskManagerId: slot.taskManagerId, deployment }
  })
  return [...notifications, ...submissions]
}
