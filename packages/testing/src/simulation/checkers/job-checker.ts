import { errorInfo, MillraceError } from '@millrace/core'
import type { JobWorld } from '../jobs/job-world.ts'
import type { Expectation } from '../jobs/simulated-job.ts'
import type { JobDriver, JobOutcome } from '../scenario/job-driver.ts'
import type { Simulation } from '../world/simulation.ts'

// Invariants
//  - Every job that a JobManager took in comes to an end once faults stop, and to the right one,
//    however many JobManagers die meanwhile.
//  - The output of a FINISHED job is that of a run without faults; that of one that takes
//    checkpoints and was ended before, or stopped with a savepoint, is a beginning of it.
//  - Nothing that fails a job is a bug of Millrace.

export function checkJob(simulation: Simulation, driver: JobDriver, world: JobWorld): void {
  const { job, outcome, latest } = driver
  if (outcome === undefined) {
    const waitingFor = latest?.waitingFor ? `, ${latest.waitingFor}` : ''
    const failure = latest?.failures.at(-1)?.failure.message ?? 'none'
    simulation.violate(
      'jobs-come-to-an-end',
      `${job.name} is ${latest?.status ?? 'not submitted'}${waitingFor}; last failure: ${failure}`,
    )
    return
  }
  if (outcome.end === 'lost') {
    checkLost(simulation, driver, world, outcome.wasThere)
    return
  }
  checkFailures(simulation, driver, outcome)
  const isStopped = driver.wasStopped && outcome.end === 'FINISHED'
  const problem = isStopped
    ? undefined
    : driver.wasCanceled
      ? canceledProblem(job.expectation, outcome)
      : endProblem(job.expectation, outcome)
  if (problem !== undefined) simulation.violate('jobs-end-as-they-must', `${job.name} ${problem}`)
  const wrong = job.check(world, outcome.end === 'FINISHED' && !isStopped)
  if (wrong !== undefined) simulation.violate('result-is-exact', `${job.name}: ${wrong}`)
}

/** A job that was there is kept until it ended: it must have come to the right end. */
function checkLost(
  simulation: Simulation,
  { job, wasCanceled, wasStopped }: JobDriver,
  world: JobWorld,
  wasThere: boolean,
): void {
  if (!wasThere || wasCanceled || wasStopped) return
  const { end } = job.expectation
  if (end === 'RUNNING') simulation.violate('jobs-are-not-lost', `${job.name} ran without an end`)
  if (end !== 'FINISHED') return
  const wrong = job.check(world, true)
  if (wrong !== undefined) simulation.violate('jobs-are-not-lost', `${job.name}: ${wrong}`)
}

function checkFailures(simulation: Simulation, { job }: JobDriver, outcome: JobOutcome): void {
  if (!('details' in outcome)) return
  const { failures, failure } = outcome.details
  const all = [...failures.map((each) => each.failure), ...(failure === undefined ? [] : [failure])]
  const bug = all.find(({ code }) => code === 'INTERNAL_ERROR')
  if (bug === undefined) return
  simulation.violate('no-internal-error', `${job.name}: ${bug.message}\n${bug.stack}`)
}

function endProblem(expectation: Expectation, outcome: JobOutcome): string | undefined {
  const found = describe(outcome)
  switch (expectation.end) {
    case 'any':
    case 'RUNNING':
      return `ended by itself: ${found}`
    case 'FINISHED':
      return outcome.end === 'FINISHED' ? undefined : found
    case 'FINISHED-or-FAILED':
      return outcome.end === 'FINISHED' || outcome.end === 'FAILED' ? undefined : found
    case 'FAILED': {
      if (outcome.end !== 'FAILED') return found
      const codes = outcome.details.failures.map(({ failure }) => failure.code)
      const code = outcome.details.failure?.code
      // Its restart strategy may have met a fault of the world before its own.
      const isExternal = outcome.details.failure?.blame === 'external'
      return code === expectation.code || codes.includes(expectation.code as never) || isExternal
        ? undefined
        : `${found} instead of ${expectation.code}`
    }
    case 'rejected':
      return codeOf(outcome) === expectation.code ? undefined : found
  }
}

function canceledProblem(expectation: Expectation, outcome: JobOutcome): string | undefined {
  if (outcome.end === 'CANCELED' || expectation.end === 'any') return undefined
  return expectation.end === 'RUNNING'
    ? `was canceled, but ${describe(outcome)}`
    : endProblem(expectation, outcome)
}

function codeOf(outcome: JobOutcome): string | undefined {
  if (outcome.end === 'rejected') {
    return outcome.error instanceof MillraceError ? outcome.error.code : undefined
  }
  return outcome.end === 'lost' ? undefined : outcome.details.failure?.code
}

function describe(outcome: JobOutcome): string {
  switch (outcome.end) {
    case 'rejected':
      return `was rejected: ${errorInfo(outcome.error).message}`
    case 'lost':
      return 'was lost'
    default:
      return (
        `is ${outcome.end} (${outcome.details.failure?.code}: ` +
        `${outcome.details.failure?.message})`
      )
  }
}
