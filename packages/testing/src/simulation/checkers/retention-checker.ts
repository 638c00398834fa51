import type { JobDriver } from '../scenario/job-driver.ts'
import type { Simulation } from '../world/simulation.ts'
import type { CheckpointChecker } from './checkpoint-checker.ts'

// Invariants, once every job is over and nothing happens any more
//  - Of the checkpoints of a job there are in storage those that its retention says.
//  - Nothing else is there, where nothing went wrong but in the jobs' own code: what a process that
//    was killed leaves is for `millrace checkpoint gc`.

export function checkRetention(
  simulation: Simulation,
  checkpoints: CheckpointChecker,
  drivers: readonly JobDriver[],
): void {
  for (const { job, outcome } of drivers) {
    const { config } = job
    if (config['execution.checkpointing.interval'] === undefined) continue
    if (outcome === undefined || !('details' in outcome)) continue
    const retention = config['execution.checkpointing.externalized-checkpoint-retention']
    const isKept =
      outcome.end === 'CANCELED'
        ? retention === 'RETAIN_ON_CANCELLATION'
        : outcome.end === 'FAILED' && retention !== 'NO_EXTERNALIZED_CHECKPOINTS'
    const retainedMax = Number(config['execution.checkpointing.num-retained'])
    const wanted = isKept ? Math.min(retainedMax, checkpoints.completedCountOf(job.name)) : 0
    const found = checkpoints.storedCountOf(job.name)
    if (found === wanted) continue
    simulation.violate(
      'retention-is-kept',
      `${job.name} is ${outcome.end} with ${retention}: ${found} checkpoints are there, not ` +
        wanted,
    )
  }
  const garbage = checkpoints.garbage()
  if (garbage.length > 0) simulation.violate('no-file-leaked', garbage.join(', '))
}
