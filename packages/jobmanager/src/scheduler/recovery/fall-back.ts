import type { ErrorInfo } from '@millrace/core'
import { noCheckpointLeft } from '../../checkpoint/coordinator/checkpoint-failures.ts'
import type { ExecutionVertex } from '../../execution-graph/execution-vertex.ts'
import type { JobParts } from '../job-parts.ts'

/**
 * The checkpoint a task restored is damaged. From now on the one before it counts, and coordinators
 * forget what came after that. The failure returned says so; it ends the job where nothing is left
 * to go back to. undefined: the damage is known already.
 */
export function fallBack(
  { checkpoints, coordinatedOperators, regions }: JobParts,
  { execution }: ExecutionVertex,
  failure: ErrorInfo,
): ErrorInfo | undefined {
  const damagedId = execution.restoredCheckpointId
  if (damagedId === undefined || checkpoints?.onDamaged(damagedId) !== true) return undefined
  const { latest } = checkpoints
  if (latest === undefined) return noCheckpointLeft(failure, 'No other checkpoint is retained.')
  const finished = regions.all.filter((region) => region.state === 'finished')
  const tooEarly = finished
    .flatMap((region) => region.vertices)
    .find((vertex) => checkpoints.restoreOf(vertex)?.isFinished !== true)
  if (tooEarly !== undefined) {
    const { checkpointId } = latest
    const why = `In checkpoint ${checkpointId} ${tooEarly.taskName}, which is over, was not.`
    return noCheckpointLeft(failure, why)
  }
  coordinatedOperators.onCoordinatorFailed(undefined)
  const message = `${failure.message} The job goes back to checkpoint ${latest.checkpointId}.`
  return { ...failure, message, disposition: 'retry' }
}
