import type {
  CompletedCheckpoint,
  CompletedVertex,
  JobVertexId,
  OperatorId,
  OperatorStateMode,
  OperatorSubtaskState,
  SegmentHandle,
  StateTtlConfig,
} from '@millrace/core'
import type { SegmentHeader, StoredState, StoredStateKind } from '../snapshot/segment-format.ts'
import { inParallel } from '../storage/in-parallel.ts'
import { type RangeSource, readSegmentHeader } from './segment-file.ts'

/** An operator of a savepoint or checkpoint, with all its states; some have none. */
export interface SavedOperator {
  readonly operatorId: OperatorId
  readonly name: string
  readonly vertexId: JobVertexId
  readonly parallelism: number
  /** In order of their names; timers are states of kind `timer`. */
  readonly keyedStates: readonly SavedKeyedState[]
  /** In order of their names. */
  readonly operatorStates: readonly SavedOperatorState[]
  /** There is state of its coordinator, such as the splits that a source has not read. */
  readonly hasCoordinatorState: boolean
}

/** A keyed state as it was declared when it was saved last. */
export interface SavedKeyedState {
  readonly name: string
  readonly kind: StoredStateKind
  /**
   * Descriptors of the declared types, null where none was declared: of a map key and value, of
   * timers nothing, else one.
   */
  readonly types: readonly unknown[]
  readonly ttl: StateTtlConfig | null
}

export interface SavedOperatorState {
  readonly name: string
  readonly mode: OperatorStateMode
}

/** Reads of several files at the same time: a store may be far away. */
const readsMax = 8

/**
 * The states of every operator, by what the headers of its segments say. Those that are not to be
 * restored (`droppedStates`) are left out; those that have another name by now (`renamedStates`)
 * are told by it. Rejects with CHECKPOINT_CORRUPT for a file that is
 * missing or has another header than was written.
 */
export async function readSavedStates(
  source: RangeSource,
  completed: CompletedCheckpoint,
): Promise<readonly SavedOperator[]> {
  const segments = new Map<string, SegmentHandle>()
  for (const { keyed } of completed.vertices.flatMap(statesOf)) {
    for (const segment of keyed?.segments ?? []) segments.set(segment.name, segment)
  }
  const names = [...segments.keys()]
  const read = await inParallel([...segments.values()], readsMax, (handle) =>
    readSegmentHeader(source, handle),
  )
  const headers = new Map(names.map((name, index) => [name, read[index] as SegmentHeader]))
  const coordinated = new Set(completed.coordinators.map(({ operatorId }) => operatorId))
  return completed.vertices.flatMap((vertex) => {
    const { vertexId, parallelism } = vertex
    return vertex.operators.map(({ operatorId, name, droppedStates, renamedStates }) => {
      const own = statesOf(vertex).filter((state) => state.operatorId === operatorId)
      const keyed = keyedStatesOf(own, headers)
        .filter((state) => !droppedStates.includes(state.name))
        .map((state) => {
          const renamed = renamedStates.find(({ from }) => from === state.name)
          return renamed === undefined ? state : { ...state, name: renamed.to }
        })
      return {
        ...{ operatorId, name, vertexId, parallelism },
        keyedStates: keyed.sort(byName),
        operatorStates: operatorStatesOf(own),
        hasCoordinatorState: coordinated.has(operatorId),
      }
    })
  })
}

function statesOf({ subtasks }: CompletedVertex): readonly OperatorSubtaskState[] {
  return subtasks.flatMap(({ operators }) => operators)
}

/** What the latest checkpoint says of a state holds. */
function keyedStatesOf(
  states: readonly OperatorSubtaskState[],
  headers: ReadonlyMap<string, SegmentHeader>,
): readonly SavedKeyedState[] {
  const latest = new Map<string, { readonly checkpointId: number; readonly stored: StoredState }>()
  for (const { name } of states.flatMap(({ keyed }) => keyed?.segments ?? [])) {
    const header = headers.get(name)
    if (header === undefined) continue
    const { checkpointId } = header
    for (const stored of header.states) {
      const known = latest.get(stored.name)
      if (known === undefined || known.checkpointId <= checkpointId) {
        latest.set(stored.name, { checkpointId, stored })
      }
    }
  }
  const found = [...latest.values()].map(({ stored: { name, kind, types, ttl } }) => {
    return { name, kind, types, ttl }
  })
  return found.sort(byName)
}

function operatorStatesOf(states: readonly OperatorSubtaskState[]): readonly SavedOperatorState[] {
  const found = new Map<string, SavedOperatorState>()
  for (const { operator } of states) {
    for (const state of operator?.states ?? []) found.set(state.name, state)
  }
  return [...found.values()].sort(byName)
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : 1
}
