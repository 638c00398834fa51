import {
  type CheckpointStorage,
  isGloballyTerminal,
  type JobGraph,
  type JobId,
  type JobStatus,
  MillraceError,
  type OperatorId,
  type Random,
  SavepointId,
} from '@millrace/core'
import { checkpointingInterval, checkpointingSavepointDirectory } from '@millrace/core/config'
import type { SavepointDetails, SavepointRequest } from '@millrace/rpc'
import { isAbsoluteLocation } from '../checkpoint/executor/absolute-location.ts'
import type { CheckpointExecutor } from '../checkpoint/executor/checkpoint-executor.ts'
import { probeSavepointTarget } from '../checkpoint/executor/probe-checkpoint-storage.ts'
import type { JobScheduler } from '../scheduler/job-scheduler.ts'
import type { JobSchedulerEvent } from '../scheduler/job-scheduler-event.ts'

/** What savepoints of a job are asked for with. */
export interface SavepointWorld {
  readonly jobId: JobId
  readonly random: Random
  readonly scheduler: JobScheduler
  /** undefined: the job takes no checkpoints. */
  readonly checkpoints: CheckpointExecutor | undefined
  /** The job's `savepoint-dir`. */
  readonly defaultTarget: string | undefined
  readonly storageOf: (location: string) => CheckpointStorage
  readonly handle: (event: JobSchedulerEvent) => void
}

/** Begins savepoints of one job and tells what becomes of them. */
export class JobSavepoints {
  readonly #world: SavepointWorld
  #isProbing = false

  constructor(world: SavepointWorld) {
    this.#world = world
  }

  /**
   * Resolves when it is known that the target can be written; it is taken as soon as every task
   * runs. Rejects with SAVEPOINT_REFUSED or SAVEPOINT_TARGET_UNUSABLE.
   */
  async begin({ goal, targetDirectory }: SavepointRequest): Promise<SavepointId> {
    const { jobId, random, storageOf, handle } = this.#world
    const target = this.#targetOf(targetDirectory)
    this.#requireAllowed()
    const savepointId = SavepointId.random(random)
    const location = `${target}/savepoint-${jobId.slice(0, 6)}-${savepointId}`
    this.#isProbing = true
    try {
      await probeSavepointTarget(storageOf(location))
    } finally {
      this.#isProbing = false
    }
    const checkpoints = this.#requireAllowed()
    const request = { savepointId, goal, location }
    checkpoints.savepoints.onRequested(request)
    handle({ kind: 'savepoint-requested', request })
    return savepointId
  }

  /** Those of this JobManager, the newest last; bounded. */
  all(): readonly SavepointDetails[] {
    const { checkpoints, scheduler } = this.#world
    if (checkpoints === undefined || scheduler.checkpoints === undefined) return []
    return checkpoints.savepoints.all(scheduler.checkpoints)
  }

  /**
   * Whether an operator's coordinator may tell its subtasks something: sources that start again
   * only to end take no splits.
   */
  mayTell(operatorId: OperatorId): boolean {
    const { checkpoints, executionGraph } = this.#world.scheduler
    const isStopping = checkpoints?.savepoints.isStopping === true
    return !isStopping || !isSource(executionGraph.graph, operatorId)
  }

  #targetOf(asked: string | undefined): string {
    const { jobId, defaultTarget } = this.#world
    const { key } = checkpointingSavepointDirectory
    const target = asked ?? defaultTarget
    if (target === undefined) {
      throw refused(
        jobId,
        `nobody said where to: name a directory behind the job, or set ${key} for all savepoints.`,
      )
    }
    if (isAbsoluteLocation(target)) return target.replace(/(?<=.)\/+$/, '')
    const whose = asked === undefined ? `${key}, ` : ''
    throw refused(
      jobId,
      `${whose}'${target}' is no absolute path. The JobManager writes the savepoint, wherever it ` +
        'runs: write it as /path/to/savepoints, or s3://bucket/prefix.',
    )
  }

  #requireAllowed(): CheckpointExecutor {
    const { jobId, scheduler, checkpoints } = this.#world
    const { status, rescale } = scheduler
    if (status === 'FAILING' || status === 'CANCELLING' || isGloballyTerminal(status)) {
      throw notInThisStatus(jobId, status)
    }
    if (checkpoints === undefined || scheduler.checkpoints === undefined) {
      throw refused(
        jobId,
        'it takes no checkpoints, so its tasks do not keep track of what they have to save. ' +
          `Submit it with ${checkpointingInterval.key}; one of an hour costs next to nothing.`,
      )
    }
    const { current } = scheduler.checkpoints.savepoints
    if (current !== undefined || this.#isProbing) {
      const which = current === undefined ? '' : ` (${current.request.savepointId})`
      throw refused(
        jobId,
        `another is under way${which}. \`millrace savepoint status ${jobId}\` shows how far it is.`,
      )
    }
    const isRescaled = rescale?.state === 'completed' || rescale?.state === 'failed'
    if (rescale !== undefined && !isRescaled) {
      throw refused(jobId, 'it is being rescaled right now. Try again when that is over.')
    }
    return checkpoints
  }
}

/** The job is ending or over, or has not begun. */
export function notInThisStatus(jobId: JobId, status: JobStatus): MillraceError {
  const advice =
    status === 'INITIALIZING'
      ? 'Its graph is still being built: try again in a moment.'
      : 'Only a job that goes on has a state to save.'
  return refused(jobId, `it is ${status}. ${advice}`)
}

function isSource({ vertices, edges }: JobGraph, operatorId: OperatorId): boolean {
  const vertex = vertices.find(({ operators: [first] }) => first?.id === operatorId)
  return vertex !== undefined && !edges.some(({ target }) => target === vertex.id)
}

function refused(jobId: JobId, why: string): MillraceError {
  return new MillraceError('SAVEPOINT_REFUSED', `No savepoint of job ${jobId}: ${why}`, {
    disposition: 'reject-request',
    blame: 'user',
    details: { jobId },
  })
}
