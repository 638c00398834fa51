import {
  assert,
  type JobGraph,
  type JobId,
  type Logger,
  MillraceError,
  type PlannedState,
  type RestorePlan,
} from '@millrace/core'
import {
  Configuration,
  stateRecoveryClaimMode,
  stateRecoveryDropState,
  stateRecoveryPath,
} from '@millrace/core/config'
import {
  channelProblems,
  checkValues,
  claimSavepoint,
  discardCheckpoint,
  importSavepoint,
  type OperatorMapping,
  planRestore,
  readSavepointContent,
} from '@millrace/state'
import { SavepointReader } from '@millrace/state/inspect'
import { jobStateOptions } from '../checkpoint/checkpoint-options.ts'
import type { RestoredCheckpoints } from '../checkpoint/executor/job-checkpoint-log.ts'
import type { CheckpointPointer } from '../high-availability/high-availability-services.ts'
import type { JobManagerEnvironment, JobManagerOptions } from '../job-manager-options.ts'
import { type JobMasterRequest, jobConfiguration } from '../job-master/job-master-request.ts'
import { withPlanningHost } from './planning-host.ts'

/** What a submission says of the savepoint that its job begins with. */
interface RestoreSettings {
  readonly path: string
  readonly isClaimed: boolean
  readonly dropStates: readonly string[]
}

/** A job's first checkpoint, which was a savepoint. */
export interface ImportedSavepoint {
  /** What a JobMaster is to begin with. */
  readonly start: { readonly restored: RestoredCheckpoints }
  /** Where it is, for later JobManagers. */
  readonly pointer: CheckpointPointer
  /** Deletes the savepoint where the submission says so; the job has all of it. */
  claim(): Promise<void>
  /** Takes back the import: the job will not be. */
  discard(): Promise<void>
}

interface Planned {
  readonly plan: RestorePlan
  readonly savepoint: SavepointReader
  readonly mappings: readonly OperatorMapping[]
  readonly graph: JobGraph
}

/** Plans and makes the first checkpoint of jobs that begin with a savepoint. */
export class SavepointRestore {
  readonly #environment: JobManagerEnvironment
  readonly #options: JobManagerOptions
  readonly #logger: Logger

  constructor(environment: JobManagerEnvironment, options: JobManagerOptions) {
    this.#environment = environment
    this.#options = options
    this.#logger = environment.logger
  }

  /** What would become of the savepoint. Rejects where it, or the program, cannot be read. */
  async plan(request: JobMasterRequest): Promise<RestorePlan> {
    const settings = settingsOf(request)
    if (settings === undefined) throw noSavepointNamed()
    return (await this.#plan(request, settings)).plan
  }

  /**
   * Makes the savepoint the job's first checkpoint; undefined where the job begins with nothing.
   * Rejects, and nothing is left of it, where state would be lost or cannot be restored.
   *
   * @param isRunning Whether that job is there and not over.
   */
  async import(
    request: JobMasterRequest,
    isRunning: (jobId: JobId) => boolean,
  ): Promise<ImportedSavepoint | undefined> {
    const settings = settingsOf(request)
    if (settings === undefined) return undefined
    const planned = await this.#plan(request, settings)
    requireAccepted(planned.plan)
    const { savepoint, mappings, graph } = planned
    const { jobId: formerJobId, kind } = savepoint.completed
    if (settings.isClaimed && kind === 'checkpoint' && isRunning(formerJobId)) {
      throw stillRuns(settings.path, formerJobId)
    }
    const { jobId } = request
    const directory = this.#directoryOf(request, graph)
    const storage = this.#environment.checkpointStorage(directory)
    const { epoch } = this.#environment.highAvailability
    const found = { storage: savepoint.storage, completed: savepoint.completed }
    const completed = await importSavepoint(found, mappings, { jobId, graph, epoch, storage })
    const { checkpointId } = completed
    this.#logger.info('savepoint imported', { jobId, path: settings.path, checkpointId })
    return {
      start: { restored: { completed: [completed], nextCheckpointId: checkpointId + 1 } },
      pointer: { checkpointId, directory, restartCount: 0 },
      claim: async () => {
        if (settings.isClaimed) await claimSavepoint(found)
      },
      discard: () => discardCheckpoint(storage, completed),
    }
  }

  async #plan(request: JobMasterRequest, settings: RestoreSettings): Promise<Planned> {
    const { checkpointStorage: storageOf, clock } = this.#environment
    const access = { storageOf, now: () => clock.now() }
    // First what takes no time: the path may be wrong.
    const savepoint = await SavepointReader.open(settings.path, access)
    return withPlanningHost(
      this.#environment,
      this.#options,
      this.#logger,
      request,
      async ({ built, describeStates }) => {
        const declared = await describeStates()
        const content = await readSavepointContent(savepoint)
        const planned = planRestore(content, declared, settings.dropStates)
        const { mappings, checks } = planned
        const states = await checkValues(savepoint, planned.rows, checks)
        const { graph } = built
        const problems = [
          ...planned.problems,
          ...channelProblems(savepoint.completed, mappings, graph),
        ]
        const { jobId, jobName, checkpointId, completedAtMs } = savepoint.completed
        const plan: RestorePlan = {
          location: settings.path,
          ...{ jobId, jobName, checkpointId, completedAtMs, states, problems },
        }
        return { plan, savepoint, mappings, graph }
      },
    )
  }

  #directoryOf(request: JobMasterRequest, graph: JobGraph): string {
    const configuration = jobConfiguration(this.#options.clusterConfig, graph.config, request)
    const { checkpointing } = jobStateOptions(request.jobId, configuration)
    assert(checkpointing !== undefined, 'A job that begins with a savepoint has a place for it')
    return checkpointing.directory
  }
}

function settingsOf({ submissionConfig }: JobMasterRequest): RestoreSettings | undefined {
  const configuration = Configuration.empty.withRecord(submissionConfig, 'the submission')
  const path = configuration.get(stateRecoveryPath)
  if (path === undefined) return undefined
  const isClaimed = configuration.get(stateRecoveryClaimMode) === 'CLAIM'
  return { path, isClaimed, dropStates: configuration.get(stateRecoveryDropState) ?? [] }
}

/** @throws MillraceError for a plan by which state would be lost or cannot be restored. */
function requireAccepted({ location, states, problems }: RestorePlan): void {
  const refused = states.filter(({ isRefused }) => isRefused)
  if (refused.length + problems.length === 0) return
  const isLost = refused.every(({ verdict }) => verdict === 'dropped')
  const what = [...textsOf(refused), ...problems].map((line) => `\n  ${line}`).join('')
  throw new MillraceError(
    isLost ? 'SAVEPOINT_STATE_UNMAPPED' : 'STATE_INCOMPATIBLE',
    `The program cannot go on with ${location}; nothing was started and nothing is lost.${what}`,
    { blame: 'user', disposition: 'reject-request', details: { path: location } },
  )
}

/** Those of an operator that have the same reason are told together. */
function textsOf(refused: readonly PlannedState[]): readonly string[] {
  const groups = Map.groupBy(refused, ({ operator, verdict, reason }) =>
    JSON.stringify([operator, verdict, reason]),
  )
  return [...groups.values()].flatMap((states) => {
    const [first] = states
    if (first === undefined) return []
    const { operator, verdict, reason } = first
    if (verdict === 'unknown') return `Operator '${operator}': ${reason}.`
    const names = states.map(({ state, kind }) => `'${state}' (${kind})`).join(', ')
    const what = verdict === 'dropped' ? 'would be lost' : 'cannot be restored'
    const noun = states.length === 1 ? 'State' : 'States'
    return `${noun} ${names} of '${operator}' ${what}: ${reason}.`
  })
}

function noSavepointNamed(): MillraceError {
  return new MillraceError(
    'ARGUMENT_INVALID',
    'The submission names no savepoint. Name one with --from-savepoint.',
    { blame: 'user', disposition: 'reject-request' },
  )
}

function stillRuns(path: string, jobId: JobId): MillraceError {
  return new MillraceError(
    'ARGUMENT_INVALID',
    `${path} belongs to job ${jobId}, which still runs and needs it. End that job first, or ` +
      'leave out --claim-mode claim.',
    { blame: 'user', disposition: 'reject-request', details: { path, jobId } },
  )
}
