import type {
  CheckpointStorage,
  CompletedVertex,
  OperatorStateHandle,
  OperatorSubtaskState,
} from '@millrace/core'
import { restoredNamesOf } from '../inspect/keyed-scan.ts'
import type { SavepointReader } from '../inspect/savepoint-reader.ts'
import type { ScratchDirectory } from '../io/scratch-directory.ts'
import { RestoredNames } from '../snapshot/restored-names.ts'
import { writeStateBlob } from '../storage/state-blob.ts'
import { type PlannedState, rewriteKeyedState } from './keyed-rewrite.ts'
import { rewriteOperatorState } from './operator-state-rewrite.ts'
import type { OperatorWriter } from './operator-writer.ts'
import { OutputState } from './output-state.ts'

/** Where the state of operators goes. */
export interface OperatorOutput {
  readonly write: CheckpointStorage['write']
  readonly checkpointId: number
  /** What is added is touched then. */
  readonly nowMs: number
  readonly scratch: ScratchDirectory
}

/** Operator state of so few bytes is part of the metadata. */
const inlineSizeMaxBytes = 1024

/** The vertex with the state of one of its operators as the writer says; what is not said stays. */
export async function writeOperator(
  writer: OperatorWriter,
  vertex: CompletedVertex,
  output: OperatorOutput,
  reader: SavepointReader | undefined,
): Promise<CompletedVertex> {
  const { operatorId } = writer
  let states = vertex.subtasks.map(({ operators }): OperatorSubtaskState => {
    const own = operators.find((state) => state.operatorId === operatorId)
    return own ?? { operatorId, keyed: undefined, operator: undefined }
  })
  const isKeyedChanged = changesKeyedState(writer)
  if (isKeyedChanged) states = await withKeyedState(writer, vertex, states, { output, reader })
  if (changesOperatorState(writer)) {
    const handles = await operatorStateOf(writer, output, reader)
    states = states.map((state, subtask) => ({ ...state, operator: handles[subtask] }))
  }
  return {
    ...vertex,
    operators: vertex.operators.map((operator) => {
      if (operator.operatorId !== operatorId || !isKeyedChanged) return operator
      // What is written has the names that it is restored by.
      return { ...operator, droppedStates: [], renamedStates: [] }
    }),
    subtasks: vertex.subtasks.map((subtask, index) => {
      const own = states[index] as OperatorSubtaskState
      const others = subtask.operators.filter((state) => state.operatorId !== operatorId)
      const hasState = own.keyed !== undefined || own.operator !== undefined
      return { ...subtask, operators: hasState ? [...others, own] : others }
    }),
  }
}

function changesKeyedState({ saved, dropped, transformed, added }: OperatorWriter): boolean {
  const dropsOne = saved?.keyedStates.some(({ name }) => dropped.has(name)) === true
  return dropsOne || transformed.size > 0 || added.size > 0
}

function changesOperatorState({ saved, dropped, operatorStates }: OperatorWriter): boolean {
  const dropsOne = saved?.operatorStates.some(({ name }) => dropped.has(name)) === true
  return dropsOne || operatorStates.size > 0
}

async function withKeyedState(
  writer: OperatorWriter,
  vertex: CompletedVertex,
  states: readonly OperatorSubtaskState[],
  { output, reader }: { output: OperatorOutput; reader: SavepointReader | undefined },
): Promise<OperatorSubtaskState[]> {
  const { operatorId } = writer
  const { vertexId } = vertex
  const names =
    reader === undefined ? new RestoredNames() : restoredNamesOf(reader, { vertexId, operatorId })
  const { write, checkpointId, scratch, nowMs } = output
  const handles = await rewriteKeyedState(
    planOf(writer, nowMs),
    {
      source: reader?.storage,
      handles: states.map(({ keyed }) => keyed),
      nameOf: (saved) => names.nameOf(saved),
    },
    { storage: { write }, folder: `written-${operatorId}`, checkpointId, scratch },
  )
  return states.map((state, subtask) => ({ ...state, keyed: handles[subtask] }))
}

function planOf(writer: OperatorWriter, nowMs: number): readonly PlannedState[] {
  const plan: PlannedState[] = []
  for (const state of writer.saved?.keyedStates ?? []) {
    const { name: from } = state
    if (writer.dropped.has(from)) continue
    const transformed = writer.transformed.get(from)
    if (transformed === undefined) {
      plan.push({ kind: 'keep', from, stored: { ...state, id: plan.length } })
    } else {
      const output = new OutputState(plan.length, transformed.target, nowMs)
      plan.push({ kind: 'transform', from, output, transform: transformed.transform })
    }
  }
  for (const { description, entries } of writer.added.values()) {
    plan.push({ kind: 'add', output: new OutputState(plan.length, description, nowMs), entries })
  }
  return plan
}

function operatorStateOf(
  writer: OperatorWriter,
  output: OperatorOutput,
  reader: SavepointReader | undefined,
): Promise<readonly (OperatorStateHandle | undefined)[]> {
  const { write, checkpointId } = output
  return rewriteOperatorState(writer, reader, (subtask, bytes) => {
    const folder = `written-${writer.operatorId}-${subtask}`
    return writeStateBlob({ write }, { folder, checkpointId, inlineSizeMaxBytes }, bytes)
  })
}
