import {
  type CheckpointStorage,
  type CompletedCheckpoint,
  type CompletedOperator,
  type CompletedVertex,
  decodeGeneric,
  encodeGeneric,
  type JobGraph,
  type JobId,
  MillraceError,
  type OperatorId,
  type OperatorStateHandle,
  type OperatorSubtaskState,
} from '@millrace/core'
import { filesOfCheckpoint } from '../checkpoint/checkpoint-files.ts'
import { writeCheckpointMetadata } from '../checkpoint/completed-checkpoints.ts'
import type { FoundSavepoint } from '../inspect/savepoint-location.ts'
import { copiesMax, inParallel } from '../storage/in-parallel.ts'
import { readStateBlob } from '../storage/state-blob.ts'
import { discardCheckpoint } from './claim-savepoint.ts'
import { mappedChannels } from './mapped-channels.ts'
import type { OperatorMapping } from './plan-restore.ts'

/** A savepoint, and where its files are. */
export type SavepointFiles = Pick<FoundSavepoint, 'storage' | 'completed'>

/** The job that goes on from a savepoint. */
export interface ImportingJob {
  readonly jobId: JobId
  readonly graph: JobGraph
  /** Of the JobManager. */
  readonly epoch: number
  /** Its checkpoints are there. */
  readonly storage: CheckpointStorage
}

/**
 * Makes a savepoint the first completed checkpoint of a job: its files, and metadata in terms of
 * the job's program. Once this resolves it is durable, and the savepoint is needed no more; where
 * it rejects, nothing is left of it. May be done again.
 *
 * @throws MillraceError CHECKPOINT_CORRUPT where a file is missing or cannot be decoded, and what
 *   the storage throws.
 */
export async function importSavepoint(
  found: SavepointFiles,
  mappings: readonly OperatorMapping[],
  job: ImportingJob,
): Promise<CompletedCheckpoint> {
  const imported = await importedCheckpoint(found, mappings, job)
  const { storage } = job
  try {
    await inParallel(filesOfCheckpoint(imported), copiesMax, ({ name }) =>
      storage.copyFrom(found.storage, name).catch((error: unknown) => {
        const isMissing = error instanceof MillraceError && error.code === 'FILE_NOT_FOUND'
        throw isMissing ? fileMissing(found, name, error) : error
      }),
    )
  } catch (error) {
    // None is under way any more. What cannot be deleted, `millrace checkpoint gc` finds.
    await discardCheckpoint(storage, imported).catch(() => undefined)
    throw error
  }
  await writeCheckpointMetadata(storage, imported)
  return imported
}

async function importedCheckpoint(
  found: SavepointFiles,
  mappings: readonly OperatorMapping[],
  { jobId, graph, epoch }: ImportingJob,
): Promise<CompletedCheckpoint> {
  const { completed } = found
  const mapped = new Map(mappings.map((mapping) => [mapping.savedId, mapping]))
  const heads = new Map(graph.vertices.map(({ id, operators }) => [operators[0]?.id, id]))
  const vertices: CompletedVertex[] = []
  for (const vertex of completed.vertices) {
    const operators = vertex.operators.flatMap((operator) => {
      const mapping = mapped.get(operator.operatorId)
      return mapping === undefined ? [] : mappedOperator(operator, mapping)
    })
    if (operators.length === 0) continue
    const subtasks: CompletedVertex['subtasks'][number][] = []
    for (const snapshot of vertex.subtasks) {
      const states: OperatorSubtaskState[] = []
      for (const state of snapshot.operators) {
        const mapping = mapped.get(state.operatorId)
        if (mapping !== undefined) states.push(await mappedState(state, mapping, found))
      }
      const channels = mappedChannels(snapshot.channels, mapped)
      subtasks.push({ ...snapshot, operators: states, channels })
    }
    const vertexId = heads.get(operators[0]?.operatorId as OperatorId) ?? vertex.vertexId
    vertices.push({ ...vertex, vertexId, operators, subtasks })
  }
  const coordinators = completed.coordinators.flatMap((coordinator) => {
    const mapping = mapped.get(coordinator.operatorId)
    if (mapping?.keepsCoordinatorState !== true) return []
    return { ...coordinator, operatorId: mapping.operatorId }
  })
  const { name: jobName } = graph
  return { ...completed, kind: 'checkpoint', jobId, jobName, epoch, vertices, coordinators }
}

/** What an earlier restore dropped or renamed, and no checkpoint since made good, holds on. */
function mappedOperator(
  { droppedStates, renamedStates }: CompletedOperator,
  mapping: OperatorMapping,
): CompletedOperator {
  const before = new Map(renamedStates.map(({ from, to }) => [to, from]))
  const rawName = (name: string): string => before.get(name) ?? name
  const renamed = mapping.renamedStates.map(({ from, to }) => ({ from: rawName(from), to }))
  const isRenamedAgain = new Set(renamed.map(({ from }) => from))
  return {
    operatorId: mapping.operatorId,
    name: mapping.name,
    droppedStates: [...droppedStates, ...mapping.droppedStates.map(rawName)],
    renamedStates: [...renamedStates.filter(({ from }) => !isRenamedAgain.has(from)), ...renamed],
  }
}

async function mappedState(
  state: OperatorSubtaskState,
  mapping: OperatorMapping,
  found: SavepointFiles,
): Promise<OperatorSubtaskState> {
  const { operatorId } = mapping
  const operator =
    state.operator === undefined ? undefined : await mappedItems(state.operator, mapping, found)
  return { ...state, operatorId, operator }
}

/** Operator state is small: what is dropped is taken out of it. */
async function mappedItems(
  handle: OperatorStateHandle,
  { droppedOperatorStates, renamedOperatorStates }: OperatorMapping,
  { storage }: SavepointFiles,
): Promise<OperatorStateHandle | undefined> {
  const isKept = handle.states.map(({ name }) => !droppedOperatorStates.includes(name))
  const names = new Map(renamedOperatorStates.map(({ from, to }) => [from, to]))
  const states = handle.states
    .filter((_, index) => isKept[index])
    .map(({ name, mode }) => ({ name: names.get(name) ?? name, mode }))
  if (states.length === 0) return undefined
  if (states.length === handle.states.length) return { states, blob: handle.blob }
  const items = decodeGeneric(await readStateBlob(storage, handle.blob)) as readonly unknown[]
  const bytes = encodeGeneric(items.filter((_, index) => isKept[index]))
  return { states, blob: { kind: 'inline', bytes } }
}

function fileMissing(
  { storage }: SavepointFiles,
  name: string,
  cause: MillraceError,
): MillraceError {
  const file = `${storage.location}/${name}`
  return new MillraceError(
    'CHECKPOINT_CORRUPT',
    `${file} is not there, and the savepoint names it. Bring it back, or restore from another one.`,
    { cause, blame: 'external', disposition: 'reject-request', details: { file } },
  )
}
