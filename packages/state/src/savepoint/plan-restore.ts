import {
  type DeclaredKeyedState,
  type DeclaredOperator,
  type DeclaredOperatorState,
  type OperatorId,
  type PlannedState,
  type RenamedState,
  stateEvolution,
  type TypeDescriptor,
} from '@millrace/core'
import type { SavedKeyedState, SavedOperator, SavedOperatorState } from '../inspect/saved-states.ts'
import { shapeOf } from '../snapshot/stored-state.ts'
import { coordinatorStateName, DroppedStates } from './dropped-states.ts'
import { claimStates } from './state-claims.ts'

// What becomes of a savepoint in a program, decided before anything is started. Pure.
//
// Invariants
//  - Every state of the savepoint that holds something is in one row: restored, or dropped because
//    the user said so, or refused.
//  - What is not refused, and whose checks all pass, can be restored by every task: the same rules
//    (`stateEvolution`) decide there.

/** A savepoint's operator, and which of its operator states hold nothing. */
export interface SavedOperatorContent extends SavedOperator {
  readonly emptyOperatorStates: ReadonlySet<string>
  /** Of the source or sink whose coordinator has state; undefined: not known. */
  readonly coordinatorKind: string | undefined
}

/** What becomes of an operator of the savepoint. */
export interface OperatorMapping {
  readonly savedId: OperatorId
  /** Who goes on with its state. */
  readonly operatorId: OperatorId
  readonly name: string
  /** By their names in the savepoint. */
  readonly droppedStates: readonly string[]
  readonly renamedStates: readonly RenamedState[]
  readonly droppedOperatorStates: readonly string[]
  readonly renamedOperatorStates: readonly RenamedState[]
  readonly keepsCoordinatorState: boolean
}

/** A state that goes on only if each value that was saved has the type of now. */
export interface ValueCheck {
  readonly row: number
  readonly savedId: OperatorId
  readonly savedName: string
  readonly isKeyed: boolean
  /** Of an item, or of keys and of values. */
  readonly types: readonly (TypeDescriptor | null)[]
}

export interface PlannedRestore {
  readonly rows: readonly PlannedState[]
  readonly problems: readonly string[]
  readonly mappings: readonly OperatorMapping[]
  readonly checks: readonly ValueCheck[]
}

/** `dropStates`: see DroppedStates. */
export function planRestore(
  saved: readonly SavedOperatorContent[],
  declared: readonly DeclaredOperator[],
  dropStates: readonly string[],
): PlannedRestore {
  return new RestorePlanner(saved, new DroppedStates(dropStates)).plan(declared)
}

class RestorePlanner {
  readonly #saved: readonly SavedOperatorContent[]
  readonly #dropped: DroppedStates
  readonly #rows: PlannedState[] = []
  readonly #problems: string[] = []
  readonly #mappings: OperatorMapping[] = []
  readonly #checks: ValueCheck[] = []

  constructor(saved: readonly SavedOperatorContent[], dropped: DroppedStates) {
    this.#saved = saved
    this.#dropped = dropped
  }

  plan(declared: readonly DeclaredOperator[]): PlannedRestore {
    const matches = this.#match(declared)
    for (const operator of declared) this.#planOperator(operator, matches.get(operator))
    const matched = new Set(matches.values())
    for (const operator of this.#saved) {
      if (!matched.has(operator)) this.#planMissing(operator)
    }
    for (const entry of this.#dropped.unused) {
      const all = this.#saved.filter(hasState).map(({ name }) => `'${name}'`)
      this.#problems.push(
        `--drop-state '${entry}' names nothing that the savepoint has. Name an operator, or ` +
          `operator/state; operators with state are ${all.join(', ') || 'none'}.`,
      )
    }
    return {
      rows: this.#rows,
      problems: this.#problems,
      mappings: this.#mappings,
      checks: this.#checks,
    }
  }

  /** By its own id, else by the id of the name it had. */
  #match(
    declared: readonly DeclaredOperator[],
  ): ReadonlyMap<DeclaredOperator, SavedOperatorContent> {
    const byId = new Map(this.#saved.map((operator) => [operator.operatorId, operator]))
    const matches = new Map<DeclaredOperator, SavedOperatorContent>()
    const owners = new Map<SavedOperatorContent, DeclaredOperator>()
    const match = (operator: DeclaredOperator, found: SavedOperatorContent): void => {
      const owner = owners.get(found)
      if (owner !== undefined) {
        this.#problems.push(
          `'${owner.name}' and '${operator.name}' both go on with the state of '${found.name}'. ` +
            'Leave out movedFrom at one of them.',
        )
        return
      }
      owners.set(found, operator)
      matches.set(operator, found)
    }
    const former = (operator: DeclaredOperator): SavedOperatorContent | undefined => {
      const own = byId.get(operator.operatorId)
      const moved = byId.get(operator.movedFrom?.operatorId ?? operator.operatorId)
      return own !== undefined && hasState(own) ? undefined : moved
    }
    for (const operator of declared) {
      const found = operator.movedFrom === undefined ? undefined : former(operator)
      if (found !== undefined) match(operator, found)
    }
    for (const operator of declared) {
      const found = byId.get(operator.operatorId)
      if (found === undefined || matches.has(operator)) continue
      if (!owners.has(found)) match(operator, found)
    }
    return matches
  }

  #planOperator(declared: DeclaredOperator, saved: SavedOperatorContent | undefined): void {
    const { keyedStates = [], operatorStates, failure, name } = declared
    if (saved === undefined) {
      for (const state of keyedStates) this.#add(name, state.name, state.kind, { verdict: 'new' })
      for (const state of operatorStates.filter(isOfUser)) {
        this.#add(name, state.name, modeText[state.mode], { verdict: 'new' })
      }
      if (failure !== undefined) this.#addUnknown(declared, { isRefused: false })
      return
    }
    const droppedStates: string[] = []
    const droppedOperatorStates: string[] = []
    const renamedStates = this.#planKeyed(declared, saved, droppedStates)
    const renamedOperatorStates = this.#planOperatorStates(declared, saved, droppedOperatorStates)
    const keepsCoordinatorState = this.#planCoordinator(declared, saved)
    if (failure !== undefined) this.#addUnknown(declared, { isRefused: hasState(saved) })
    this.#mappings.push({
      ...{ savedId: saved.operatorId, operatorId: declared.operatorId, name },
      ...{ droppedStates, renamedStates, droppedOperatorStates, renamedOperatorStates },
      keepsCoordinatorState,
    })
  }

  /** Adds to `dropped` what is not restored; returns what has another name. */
  #planKeyed(
    declared: DeclaredOperator,
    saved: SavedOperatorContent,
    dropped: string[],
  ): readonly RenamedState[] {
    const { name, keyedStates } = declared
    const isDropped = (state: SavedKeyedState): boolean => this.#dropped.has(saved, state.name)
    for (const state of saved.keyedStates.filter(isDropped)) {
      dropped.push(state.name)
      this.#addDropped(name, state.name, state.kind)
    }
    const kept = saved.keyedStates.filter((state) => !isDropped(state))
    const timers = kept.filter(({ kind }) => kind === 'timer')
    const claims = claimStates(
      kept.filter(({ kind }) => kind !== 'timer'),
      keyedStates ?? [],
    )
    this.#addAmbiguous(name, claims.ambiguous)
    const renamed: RenamedState[] = []
    for (const state of keyedStates ?? []) {
      const found = claims.claimed.get(state)
      if (found === undefined) this.#add(name, state.name, state.kind, { verdict: 'new' })
      else this.#addKeyed(declared, { saved, found, state })
      if (found !== undefined && found.name !== state.name) {
        renamed.push({ from: found.name, to: state.name })
      }
    }
    for (const { name: timer } of keyedStates === undefined ? [] : timers) {
      this.#add(name, timer, 'timer', { verdict: 'kept' })
    }
    const unclaimed = [...claims.unclaimed, ...(keyedStates === undefined ? timers : [])]
    for (const state of unclaimed) this.#addUnclaimed(declared, state.name, state.kind)
    return renamed
  }

  #addKeyed(
    { name }: DeclaredOperator,
    {
      saved,
      found,
      state,
    }: {
      readonly saved: SavedOperatorContent
      readonly found: SavedKeyedState
      readonly state: DeclaredKeyedState
    },
  ): void {
    const evolution = stateEvolution(shapeOf(found), state)
    const isRenamed = found.name !== state.name
    const renaming = isRenamed ? `its name was '${found.name}'` : ''
    const { verdict } = evolution
    if (verdict === 'migrated' && evolution.isToBeChecked) {
      const { types } = state
      const { operatorId: savedId } = saved
      const check = { row: this.#rows.length, savedId, savedName: found.name, isKeyed: true }
      this.#checks.push({ ...check, types })
    }
    const reasons = [renaming, verdict === 'kept' ? '' : evolution.reason]
    this.#add(name, state.name, state.kind, {
      verdict: verdict === 'kept' && isRenamed ? 'migrated' : verdict,
      reason: reasons.filter((reason) => reason !== '').join('; '),
      isRefused: verdict === 'incompatible',
    })
  }

  #planOperatorStates(
    declared: DeclaredOperator,
    saved: SavedOperatorContent,
    dropped: string[],
  ): readonly RenamedState[] {
    const { name, operatorStates } = declared
    const kept: SavedOperatorState[] = []
    for (const state of saved.operatorStates) {
      const isEmpty = saved.emptyOperatorStates.has(state.name)
      if (!isEmpty && !this.#dropped.has(saved, state.name)) {
        kept.push(state)
        continue
      }
      dropped.push(state.name)
      if (!isEmpty) this.#addDropped(name, state.name, modeText[state.mode])
    }
    const claims = claimStates(kept, operatorStates)
    this.#addAmbiguous(name, claims.ambiguous)
    const renamed: RenamedState[] = []
    for (const state of operatorStates) {
      const found = claims.claimed.get(state)
      if (found === undefined) {
        if (isOfUser(state)) this.#add(name, state.name, modeText[state.mode], { verdict: 'new' })
        continue
      }
      this.#addOperatorState(declared, { saved, found, state })
      if (found.name !== state.name) renamed.push({ from: found.name, to: state.name })
    }
    for (const state of claims.unclaimed) {
      this.#addUnclaimed(declared, state.name, modeText[state.mode])
    }
    return renamed
  }

  #addOperatorState(
    { name }: DeclaredOperator,
    {
      saved,
      found,
      state,
    }: {
      readonly saved: SavedOperatorContent
      readonly found: SavedOperatorState
      readonly state: DeclaredOperatorState
    },
  ): void {
    const kind = modeText[state.mode]
    if (found.mode !== state.mode) {
      const reason = `it was saved as ${modeText[found.mode]}, and is ${kind} now`
      this.#add(name, state.name, kind, { verdict: 'incompatible', reason, isRefused: true })
      return
    }
    // What was saved of its types is not known: the items tell.
    if (state.types.some((type) => type !== null && type.kind !== 'any')) {
      const { types } = state
      const { operatorId: savedId } = saved
      const check = { row: this.#rows.length, savedId, savedName: found.name, isKeyed: false }
      this.#checks.push({ ...check, types })
    }
    const isRenamed = found.name !== state.name
    const reason = isRenamed ? `its name was '${found.name}'` : ''
    this.#add(name, state.name, kind, { verdict: isRenamed ? 'migrated' : 'kept', reason })
  }

  #planCoordinator(declared: DeclaredOperator, saved: SavedOperatorContent): boolean {
    if (!saved.hasCoordinatorState) return false
    const { name } = declared
    if (this.#dropped.has(saved, coordinatorStateName)) {
      this.#addDropped(name, coordinatorStateName, coordinatorStateName)
      return false
    }
    const kind = declared.coordinatorKind
    if (kind === undefined) {
      this.#addUnclaimed(declared, coordinatorStateName, coordinatorStateName)
      return false
    }
    const savedKind = saved.coordinatorKind ?? kind
    if (savedKind === kind) {
      this.#add(name, coordinatorStateName, coordinatorStateName, { verdict: 'kept' })
      return true
    }
    this.#add(name, coordinatorStateName, coordinatorStateName, {
      verdict: 'incompatible',
      reason: `it was saved by one of kind '${savedKind}', and is of kind '${kind}' now`,
      isRefused: true,
    })
    return false
  }

  /** Nobody goes on with the operator. */
  #planMissing(saved: SavedOperatorContent): void {
    const states = [
      ...saved.keyedStates.map((state) => [state.name, state.kind] as const),
      ...saved.operatorStates
        .filter((state) => !saved.emptyOperatorStates.has(state.name))
        .map((state) => [state.name, modeText[state.mode]] as const),
      ...(saved.hasCoordinatorState ? [[coordinatorStateName, coordinatorStateName] as const] : []),
    ]
    const { name } = saved
    for (const [state, kind] of states) {
      if (this.#dropped.has(saved, state)) {
        this.#addDropped(name, state, kind)
        continue
      }
      const reason =
        `the program has no operator '${name}': give one this name, or movedFrom: '${name}' if ` +
        `it has another one now; to give its state up, --drop-state '${name}'`
      this.#add(name, state, kind, { verdict: 'dropped', reason, isRefused: true })
    }
  }

  #addUnclaimed(declared: DeclaredOperator, state: string, kind: string): void {
    const { name, failure, keyedStates } = declared
    // What could not be asked may still want it; there is a row that says so.
    if (failure !== undefined) return
    const isOfOperator = operatorStateKinds.includes(kind)
    const what =
      keyedStates === undefined && !isOfOperator
        ? 'the input of the operator has no keys now'
        : 'the operator does not ask for it in open() or initializeState()'
    const reason = `${what}; to give it up, --drop-state '${name}/${state}'`
    this.#add(name, state, kind, { verdict: 'dropped', reason, isRefused: true })
  }

  #addDropped(operator: string, state: string, kind: string): void {
    this.#add(operator, state, kind, { verdict: 'dropped', reason: 'by --drop-state' })
  }

  #addUnknown(
    { name, failure }: DeclaredOperator,
    { isRefused }: { readonly isRefused: boolean },
  ): void {
    const reason = `which states it has is not known: ${failure}`
    this.#add(name, '', '', { verdict: 'unknown', reason, isRefused })
  }

  #addAmbiguous(operator: string, names: readonly string[]): void {
    for (const name of names) {
      this.#problems.push(`Several states of '${operator}' have movedFrom: '${name}'. One can.`)
    }
  }

  #add(
    operator: string,
    state: string,
    kind: string,
    row: Pick<PlannedState, 'verdict'> & Partial<PlannedState>,
  ): void {
    this.#rows.push({ operator, state, kind, reason: '', isRefused: false, ...row })
  }
}

const operatorStateKinds: readonly string[] = [
  ...['list', 'union list', 'broadcast'],
  coordinatorStateName,
]
const modeText = { split: 'list', union: 'union list', broadcast: 'broadcast' } as const

/** States of the engine, which are new whenever their operator is, are not worth a row then. */
function isOfUser({ name }: { readonly name: string }): boolean {
  return !name.startsWith('_')
}

function hasState(operator: SavedOperatorContent): boolean {
  const { keyedStates, operatorStates, emptyOperatorStates, hasCoordinatorState } = operator
  const hasItems = operatorStates.some(({ name }) => !emptyOperatorStates.has(name))
  return keyedStates.length > 0 || hasItems || hasCoordinatorState
}
