import {
  assert,
  type CheckpointStorage,
  type JobVertex,
  keyGroupRange,
  MillraceError,
  type OperatorId,
  type OperatorRestore,
  type TaskDeployment,
} from '@millrace/core'
import {
  HeapKeyedStateBackend,
  type KeyedStateBackend,
  OperatorStateBackend,
  type OperatorStateSnapshot,
  RestoredNames,
  readStateBlob,
} from '@millrace/state'
import type { SealedTaskState } from '../../checkpoint/snapshot-completion.ts'
import type { ChainPlan } from '../chain/chain-plan.ts'
import type { TaskServices } from '../task-services.ts'
import { type RestoredChannel, readChannelState } from './recovered-channels.ts'
import { RestoreReads } from './restore-reads.ts'

/**
 * All state of one task: keyed state of the one operator that has keys, operator state of each.
 * Order of calls: `restore` first, `seal` between records, `close`.
 */
export class TaskState {
  readonly keyed: KeyedStateBackend
  /** Undefined where no operator takes keyed records. */
  readonly #keyedOperator: OperatorId | undefined
  readonly #operators: readonly {
    readonly operatorId: OperatorId
    readonly backend: OperatorStateBackend
  }[]
  readonly #deployment: TaskDeployment
  readonly #storage: CheckpointStorage | undefined
  #channels: readonly RestoredChannel[] = []

  /** Rejects with STATE_BACKEND_FAILED. */
  static async open(
    plan: ChainPlan,
    vertex: JobVertex,
    deployment: TaskDeployment,
    services: TaskServices,
  ): Promise<TaskState> {
    const keyed = plan.operators.filter(({ isKeyed }) => isKeyed)
    assert(keyed.length <= 1, 'Two keyed operators are in one chain')
    const keyedOperator = vertex.operators[keyed[0]?.index ?? -1]?.id
    const { subtaskIndex, parallelism, attemptId } = deployment
    const keyGroups = keyGroupRange(subtaskIndex, parallelism)
    const { backend, leveldb } = services.job.state
    const isCheckpointed = services.checkpointStorage !== undefined
    const isOnDisk = backend === 'leveldb' && keyedOperator !== undefined
    const state = isOnDisk
      ? await services.openLevelDb(attemptId, keyGroups, { ...leveldb, isCheckpointed })
      : new HeapKeyedStateBackend(services.clock, keyGroups)
    return new TaskState(state, keyedOperator, vertex, deployment, services.checkpointStorage)
  }

  private constructor(
    keyed: KeyedStateBackend,
    keyedOperator: OperatorId | undefined,
    vertex: JobVertex,
    deployment: TaskDeployment,
    storage: CheckpointStorage | undefined,
  ) {
    this.keyed = keyed
    this.#keyedOperator = keyedOperator
    this.#deployment = deployment
    this.#storage = storage
    this.#operators = vertex.operators.map(({ id, name }) => ({
      operatorId: id,
      backend: new OperatorStateBackend(name),
    }))
  }

  get restoredCheckpointId(): number | undefined {
    return this.#deployment.restore?.checkpointId
  }

  operatorState(index: number): OperatorStateBackend {
    const operator = this.#operators[index]
    assert(operator !== undefined, `There is no operator ${index}`)
    return operator.backend
  }

  /**
   * Begins with what the deployment names; every file is verified before it is used. Rejects at
   * once when it is canceled.
   */
  async restore(
    { clock, logger }: Pick<TaskServices, 'clock' | 'logger'>,
    canceled: AbortSignal,
  ): Promise<void> {
    const { restore, attemptId } = this.#deployment
    if (restore === undefined) return
    const { checkpointId } = restore
    if (this.#storage === undefined) throw noStorage(checkpointId)
    const reads = new RestoreReads(this.#storage, clock, canceled)
    for (const { operatorId, backend } of this.#operators) {
      const saved = restore.operators.find((operator) => operator.operatorId === operatorId)
      backend.restore(await readOperatorState(saved, reads), this.#deployment)
    }
    const keyed = restore.operators.find(({ operatorId }) => operatorId === this.#keyedOperator)
    if (keyed !== undefined && keyed.keyed.length > 0) {
      const names = new RestoredNames(keyed.droppedStates, keyed.renamedStates)
      await this.keyed.restore(keyed.keyed, reads, names)
    }
    this.#channels = await readChannelState(restore.channels, reads)
    logger.info('state restored', { attemptId, checkpointId, ...reads.summary })
  }

  /** What was on its way to the task; it is given out once. */
  takeChannels(): readonly RestoredChannel[] {
    const channels = this.#channels
    this.#channels = []
    return channels
  }

  /** Keeps all of it as it is now. */
  seal(checkpointId: number, isFinished: boolean): SealedTaskState {
    const operators = this.#operators.flatMap(({ operatorId, backend }) => {
      const state = backend.snapshot()
      return state === undefined ? [] : [{ operatorId, state }]
    })
    const operatorId = this.#keyedOperator
    const keyed =
      operatorId === undefined ? undefined : { operatorId, snapshot: this.keyed.seal(checkpointId) }
    return { operators, keyed, isFinished }
  }

  async close(): Promise<void> {
    this.keyed.close()
    await this.keyed.closed?.()
  }
}

async function readOperatorState(
  saved: OperatorRestore | undefined,
  reads: RestoreReads,
): Promise<readonly (OperatorStateSnapshot | undefined)[]> {
  const read = (saved?.operator ?? []).map(async (handle) => {
    if (handle === undefined) return undefined
    return { states: handle.states, bytes: await readStateBlob(reads, handle.blob) }
  })
  return Promise.all(read)
}

function noStorage(checkpointId: number): MillraceError {
  return new MillraceError(
    'CHECKPOINT_DIRECTORY_MISSING',
    `Checkpoint ${checkpointId} is to be restored, but the job has no checkpoint directory. Set` +
      ' execution.checkpointing.dir.',
  )
}
