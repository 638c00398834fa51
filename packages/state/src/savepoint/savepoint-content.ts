import {
  createTypeChecker,
  decodeGeneric,
  type OperatorId,
  type PlannedState,
} from '@millrace/core'
import type { OperatorReader } from '../inspect/operator-reader.ts'
import type { SavepointReader } from '../inspect/savepoint-reader.ts'
import { readStateBlob } from '../storage/state-blob.ts'
import type { SavedOperatorContent, ValueCheck } from './plan-restore.ts'

/** The operators of a savepoint, with what has to be read of their files to plan a restore. */
export async function readSavepointContent(
  savepoint: SavepointReader,
): Promise<readonly SavedOperatorContent[]> {
  const contents: SavedOperatorContent[] = []
  for (const operator of savepoint.operators) {
    const reader = savepoint.operator(operator.operatorId)
    const emptyOperatorStates = new Set<string>()
    for (const state of operator.operatorStates) {
      const first = await reader.readItems(state).next()
      if (first.done === true) emptyOperatorStates.add(state.name)
    }
    const coordinatorKind = await coordinatorKindOf(savepoint, operator.operatorId)
    contents.push({ ...operator, emptyOperatorStates, coordinatorKind })
  }
  return contents
}

/** Sources say of which kind they are; what says nothing is not judged. */
async function coordinatorKindOf(
  { storage, completed }: SavepointReader,
  operatorId: OperatorId,
): Promise<string | undefined> {
  const coordinator = completed.coordinators.find((each) => each.operatorId === operatorId)
  if (coordinator === undefined) return undefined
  const state = decodeGeneric(await readStateBlob(storage, coordinator.blob))
  const kind: unknown = state instanceof Object && 'kind' in state ? state.kind : undefined
  return typeof kind === 'string' ? kind : undefined
}

/**
 * Reads the values that the checks are about, one after the other, and returns the rows with what
 * was found: a state of which a value does not have the type of now is incompatible.
 */
export async function checkValues(
  savepoint: SavepointReader,
  rows: readonly PlannedState[],
  checks: readonly ValueCheck[],
): Promise<readonly PlannedState[]> {
  const checked = [...rows]
  for (const check of checks) {
    const row = checked[check.row] as PlannedState
    const mismatch = await mismatchOf(savepoint.operator(check.savedId), check)
    if (mismatch === undefined) continue
    const reason = `a value that was saved does not have the type of now: ${mismatch}`
    checked[check.row] = { ...row, verdict: 'incompatible', reason, isRefused: true }
  }
  return checked
}

async function mismatchOf(
  reader: OperatorReader,
  { savedName, isKeyed, types }: ValueCheck,
): Promise<string | undefined> {
  const checkers = types.map((type) => (type === null ? () => undefined : createTypeChecker(type)))
  const ofValue = checkers.at(-1) ?? (() => undefined)
  const ofKey = checkers.length > 1 ? checkers[0] : undefined
  if (isKeyed) {
    for await (const { entry } of reader.entries([savedName])) {
      if (entry.kind === 'timer') continue
      const values = entry.kind === 'list' ? entry.value : [entry.value]
      const reasons = values.map(ofValue)
      if (entry.kind === 'map') reasons.push(ofKey?.(entry.mapKey))
      const reason = reasons.find((each) => each !== undefined)
      if (reason !== undefined) return reason
    }
    return undefined
  }
  const { mode } = reader.operatorState(savedName, ['split', 'union', 'broadcast'])
  for await (const { value } of reader.readItems({ name: savedName, mode })) {
    const [key, item] = mode === 'broadcast' ? (value as [unknown, unknown]) : [undefined, value]
    const reason = ofValue(item) ?? (mode === 'broadcast' ? ofKey?.(key) : undefined)
    if (reason !== undefined) return reason
  }
  return undefined
}
