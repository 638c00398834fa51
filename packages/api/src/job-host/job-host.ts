import {
  type Clock,
  type CollectedResults,
  describeThrown,
  errorInfo,
  type JobHostCommand,
  type JobHostEvent,
  MillraceError,
  type OperatorId,
  supervise,
  type ThreadPort,
  unreachable,
} from '@millrace/core'
import { buildJob, type JobInputs } from '../graph/build-job.ts'
import type { BuiltJob } from '../graph/stream-graph.ts'
import type { JobDefinition } from '../job/job-definition.ts'
import { CollectCoordinator } from './collect-coordinator.ts'
import { type CoordinatedOperator, coordinatedOperators } from './coordinated-operator.ts'
import type {
  CoordinatorRestore,
  CoordinatorServices,
  OperatorCoordinator,
} from './operator-coordinator.ts'
import { PortLogger } from './port-logger.ts'
import { SourceCoordinator } from './source-coordinator.ts'
import { discoverStates } from './state-discovery.ts'

/** Imports a job's bundle. */
export interface JobModuleLoader {
  load(moduleUrl: string): Promise<JobDefinition>
}

type Command<Kind extends JobHostCommand['kind']> = Extract<JobHostCommand, { kind: Kind }>

interface Program {
  readonly definition: JobDefinition
  readonly inputs: JobInputs
  readonly hash: string
}

// Invariants
//  - Commands are carried out one after the other, in the order they came; only a graph that is
//    rebuilt is built beside them.
//  - 'graph' or 'failed' answers 'build-graph', once.
//  - Coordinators started again come from a new call of the job function, whose graph is the same:
//    nothing an earlier enumerator left in the user's objects reaches a later one.
//  - The state of all coordinators for a checkpoint is taken in one turn, and answered in it: what
//    they send next is posted behind the answer. Where one of them failed there is no answer.

/**
 * The part of a job that runs user code in the JobManager: builds the graph and hosts the
 * coordinators of sources and collect sinks. Knows nothing of threads.
 */
export class JobHost {
  readonly #clock: Clock
  readonly #port: ThreadPort<JobHostCommand, JobHostEvent>
  readonly #loader: JobModuleLoader
  readonly #onClosed: () => void
  readonly #logger: PortLogger
  readonly #commands: JobHostCommand[] = []
  readonly #coordinators = new Map<OperatorId, OperatorCoordinator>()
  readonly #epochs = new Map<OperatorId, number>()
  /** Of collect sinks whose coordinator was closed. */
  readonly #resultPositions = new Map<OperatorId, number>()
  /** It is the graph that makes them so: they stay it. */
  readonly #restartingAsOne = new Set<OperatorId>()
  #state: 'idle' | 'building' | 'built' | 'failed' | 'closed' = 'idle'
  #isBusy = false
  #isJobEnded = false
  #program: Program | undefined = undefined
  /** The latest 'rebuild-graph', and what it gave. */
  #rebuildId = 0
  #rebuilt: { readonly program: Program; readonly job: BuiltJob } | undefined = undefined
  /** By id, of the latest call of the job function. */
  #operators: ReadonlyMap<OperatorId, CoordinatedOperator> = new Map()
  /** Whose coordinator was made from that call already. */
  readonly #used = new Set<OperatorId>()

  constructor(
    clock: Clock,
    port: ThreadPort<JobHostCommand, JobHostEvent>,
    loader: JobModuleLoader,
    onClosed: () => void,
  ) {
    this.#clock = clock
    this.#port = port
    this.#loader = loader
    this.#onClosed = onClosed
    this.#logger = new PortLogger((event) => port.post(event))
  }

  start(): void {
    this.#port.onMessage((command) => {
      this.#commands.push(command)
      this.#drain()
    })
  }

  /** User code failed where nobody awaited it: a rejected promise, a callback that threw. */
  onUncaughtError(error: unknown): void {
    if (this.#state === 'closed' || this.#state === 'failed') return
    if (this.#state !== 'built') {
      this.#failBuild(error)
      return
    }
    for (const coordinator of this.#coordinators.values()) coordinator.close()
    this.#coordinators.clear()
    const failure = enumeratorFailed('of the job', error)
    this.#port.post({ kind: 'failed', operatorId: undefined, failure: errorInfo(failure) })
  }

  #drain(): void {
    while (!this.#isBusy) {
      const command = this.#commands.shift()
      if (command === undefined) return
      const work = this.#carryOut(command)
      if (work === undefined) continue
      this.#isBusy = true
      supervise(
        work.finally(() => {
          this.#isBusy = false
          this.#drain()
        }),
        (error) => this.onUncaughtError(error),
      )
    }
  }

  #carryOut(command: JobHostCommand): Promise<void> | undefined {
    switch (command.kind) {
      case 'build-graph':
        return this.#buildGraph(command)
      case 'rebuild-graph':
        supervise(this.#rebuildGraph(command), (error) => this.onUncaughtError(error))
        return
      case 'use-rebuilt-graph':
        this.#useRebuiltGraph()
        return
      case 'describe-states':
        return this.#describeStates()
      case 'start-coordinators':
        for (const id of command.restartingAsOne ?? []) this.#restartingAsOne.add(id)
        return this.#startCoordinators(command)
      case 'reader-registered': {
        const { operatorId, subtaskIndex, attemptId } = command
        this.#coordinators.get(operatorId)?.readerRegistered(subtaskIndex, attemptId)
        return
      }
      case 'reader-failed': {
        const { operatorId, subtaskIndex, attemptId, restoredCheckpointId } = command
        const coordinator = this.#coordinators.get(operatorId)
        coordinator?.readerFailed(subtaskIndex, attemptId, restoredCheckpointId)
        return
      }
      case 'snapshot-coordinators':
        this.#snapshotCoordinators(command.checkpointId)
        return
      case 'checkpoint-completed':
        for (const each of this.#coordinators.values())
          each.checkpointCompleted(command.checkpointId)
        return
      case 'checkpoint-aborted':
        for (const each of this.#coordinators.values()) each.checkpointAborted(command.checkpointId)
        return
      case 'operator-event': {
        const { operatorId, subtaskIndex, attemptId, event } = command
        this.#coordinators.get(operatorId)?.handleEvent(subtaskIndex, attemptId, event)
        return
      }
      case 'fetch-results':
        this.#fetchResults(command)
        return
      case 'job-ended':
        this.#isJobEnded = true
        return
      case 'close':
        this.#close()
        return
      default:
        return unreachable(command)
    }
  }

  async #buildGraph({ moduleUrl, args, config }: Command<'build-graph'>): Promise<void> {
    this.#state = 'building'
    try {
      const definition = await this.#loader.load(moduleUrl)
      const inputs: JobInputs = { args, config }
      const job = await buildJob(definition, inputs)
      if (!this.#isBuilding()) return
      const { jobGraph } = job
      this.#program = { definition, inputs, hash: jobGraph.hash }
      this.#operators = coordinatedOperators(job)
      this.#state = 'built'
      const coordinated = [...this.#operators.keys()]
      this.#port.post({ kind: 'graph', graph: jobGraph, coordinated })
    } catch (error) {
      if (this.#isBuilding()) this.#failBuild(error)
    }
  }

  async #rebuildGraph({ requestId, config }: Command<'rebuild-graph'>): Promise<void> {
    this.#rebuildId = requestId
    this.#rebuilt = undefined
    let answer: JobHostEvent
    try {
      if (this.#program === undefined) throw new Error('A graph is rebuilt before it is built')
      const { definition, inputs: former } = this.#program
      const inputs: JobInputs = { args: former.args, config }
      const job = await buildJob(definition, inputs)
      if (this.#rebuildId !== requestId) return
      const { jobGraph: graph } = job
      this.#rebuilt = { program: { definition, inputs, hash: graph.hash }, job }
      const coordinated = [...coordinatedOperators(job).keys()]
      answer = { kind: 'graph-rebuilt', requestId, graph, coordinated }
    } catch (error) {
      const failure = errorInfo(error, 'JOB_MODULE_THREW')
      answer = { kind: 'rebuild-failed', requestId, failure }
    }
    this.#port.post(answer)
  }

  #useRebuiltGraph(): void {
    if (this.#rebuilt === undefined) return
    for (const id of [...this.#coordinators.keys()]) this.#closeCoordinator(id)
    const { program, job } = this.#rebuilt
    this.#rebuilt = undefined
    this.#program = program
    this.#operators = coordinatedOperators(job)
    this.#used.clear()
    this.#restartingAsOne.clear()
  }

  /** False where user code failed on the side meanwhile, and that was reported. */
  #isBuilding(): boolean {
    return this.#state === 'building'
  }

  async #describeStates(): Promise<void> {
    try {
      const job = await this.#buildAgain()
      const { name: jobName } = job.jobGraph
      const { args = {} } = this.#program?.inputs ?? {}
      const operators = await discoverStates(job, { clock: this.#clock, jobName, args })
      this.#port.post({ kind: 'states', operators })
    } catch (error) {
      const failure = errorInfo(error, 'JOB_MODULE_THREW')
      this.#port.post({ kind: 'failed', operatorId: undefined, failure })
    }
  }

  #failBuild(error: unknown): void {
    this.#state = 'failed'
    const failure = errorInfo(error, 'JOB_MODULE_THREW')
    this.#port.post({ kind: 'failed', operatorId: undefined, failure })
  }

  #startCoordinators(command: Command<'start-coordinators'>): Promise<void> | undefined {
    if (command.operators.some((id) => this.#used.has(id))) {
      return this.#restartCoordinators(command)
    }
    for (const id of command.operators) this.#startCoordinator(id, restoreOf(id, command))
    return undefined
  }

  async #restartCoordinators(command: Command<'start-coordinators'>): Promise<void> {
    const operatorIds = command.operators
    for (const id of operatorIds) this.#closeCoordinator(id)
    try {
      const job = await this.#buildAgain()
      this.#operators = coordinatedOperators(job)
      this.#used.clear()
    } catch (error) {
      for (const operatorId of operatorIds) {
        this.#port.post({ kind: 'failed', operatorId, failure: errorInfo(error) })
      }
      return
    }
    for (const id of operatorIds) this.#startCoordinator(id, restoreOf(id, command))
  }

  /** All in one turn, so that the answer comes before whatever they send next. */
  #snapshotCoordinators(checkpointId: number): void {
    const states: { readonly operatorId: OperatorId; readonly bytes: Uint8Array }[] = []
    for (const [operatorId, coordinator] of this.#coordinators) {
      const bytes = coordinator.snapshot(checkpointId)
      // It said so itself, and the job fails over: the checkpoint comes to nothing.
      if (bytes === undefined) return
      states.push({ operatorId, bytes })
    }
    this.#port.post({ kind: 'coordinators-snapshotted', checkpointId, states })
  }

  async #buildAgain(): Promise<BuiltJob> {
    const program = this.#program
    if (program === undefined) throw new Error('Coordinators are started before the graph is built')
    const job = await buildJob(program.definition, program.inputs)
    if (job.jobGraph.hash === program.hash) return job
    throw new MillraceError(
      'JOB_GRAPH_DIFFERS',
      `Job '${program.definition.name}' described another graph when its function was called ` +
        'again. The function must depend on nothing but its arguments: no clock, no random ' +
        'numbers, no files or variables that change.',
      { blame: 'user', disposition: 'fail-job' },
    )
  }

  #startCoordinator(operatorId: OperatorId, restored: CoordinatorRestore | undefined): void {
    const operator = this.#operators.get(operatorId)
    if (operator === undefined) return
    this.#closeCoordinator(operatorId)
    this.#used.add(operatorId)
    const epoch = (this.#epochs.get(operatorId) ?? -1) + 1
    this.#epochs.set(operatorId, epoch)
    const { body } = operator
    const services = this.#servicesOf(operator)
    const coordinator =
      body.kind === 'source'
        ? new SourceCoordinator(body.source, services)
        : new CollectCoordinator(epoch, services)
    this.#coordinators.set(operatorId, coordinator)
    coordinator.start(restored)
  }

  #closeCoordinator(operatorId: OperatorId): void {
    const coordinator = this.#coordinators.get(operatorId)
    if (coordinator instanceof CollectCoordinator) {
      this.#resultPositions.set(operatorId, coordinator.position)
    }
    coordinator?.close()
    this.#coordinators.delete(operatorId)
  }

  #servicesOf({ operatorId, name, parallelism }: CoordinatedOperator): CoordinatorServices {
    return {
      operatorName: name,
      parallelism,
      restartsAsOne: this.#restartingAsOne.has(operatorId),
      clock: this.#clock,
      logger: this.#logger.child({ operator: name }),
      sendEvent: (subtaskIndex, attemptId, event) => {
        this.#port.post({ kind: 'operator-event', operatorId, subtaskIndex, attemptId, event })
      },
      fail: (error) => {
        const failure = errorInfo(enumeratorFailed(`of '${name}'`, error))
        this.#port.post({ kind: 'failed', operatorId, failure })
      },
    }
  }

  #fetchResults({ requestId, sinkName, recordCountMax }: Command<'fetch-results'>): void {
    const sink = [...this.#operators.values()].find(
      ({ name, body }) => name === sinkName && body.kind === 'sink',
    )
    if (sink === undefined) {
      this.#port.post({ kind: 'results', requestId, results: undefined })
      return
    }
    const coordinator = this.#coordinators.get(sink.operatorId)
    const results =
      coordinator instanceof CollectCoordinator
        ? coordinator.fetch(recordCountMax, this.#isJobEnded)
        : this.#noResults(sink.operatorId)
    this.#port.post({ kind: 'results', requestId, results })
  }

  /** While its coordinator is away. */
  #noResults(operatorId: OperatorId): CollectedResults {
    const epoch = this.#epochs.get(operatorId) ?? 0
    const position = this.#resultPositions.get(operatorId) ?? 0
    return { records: [], isEnd: this.#isJobEnded, epoch, position }
  }

  #close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    for (const coordinator of this.#coordinators.values()) coordinator.close()
    this.#coordinators.clear()
    this.#onClosed()
  }
}

function restoreOf(
  operatorId: OperatorId,
  { restored = [], restoredCheckpointId }: Command<'start-coordinators'>,
): CoordinatorRestore | undefined {
  if (restoredCheckpointId === undefined) return undefined
  const state = restored.find((each) => each.operatorId === operatorId)?.state
  return { checkpointId: restoredCheckpointId, state }
}

/** Errors that say themselves what is wrong keep their code, and are told where. */
function enumeratorFailed(whose: string, error: unknown): MillraceError {
  if (error instanceof MillraceError) {
    const { code, disposition, blame, details } = error
    const options = { cause: error, disposition, blame, details }
    return new MillraceError(code, `The split enumerator ${whose}: ${error.message}`, options)
  }
  const message = describeThrown(error)
  return new MillraceError(
    'ENUMERATOR_FAILED',
    `The split enumerator ${whose} failed: ${message}`,
    {
      cause: error,
      disposition: 'retry',
      // What the system refused (a folder, a connection) is not for the program to mend.
      blame: error instanceof Error && 'syscall' in error ? 'external' : 'user',
    },
  )
}
