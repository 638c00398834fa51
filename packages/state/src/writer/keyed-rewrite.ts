import { type CheckpointStorage, type KeyedStateHandle, keyGroupRange } from '@millrace/core'
import type { KeyGroupContent, StateContent } from '../inspect/key-group-content.ts'
import { mergedKeyGroups } from '../inspect/merged-key-groups.ts'
import { entriesOfCell, type SavedEntry } from '../inspect/saved-entry.ts'
import type { RangeSource } from '../inspect/segment-file.ts'
import type { ScratchDirectory } from '../io/scratch-directory.ts'
import type { StoredState } from '../snapshot/segment-format.ts'
import { copyCell, type NewEntry, type OutputState } from './output-state.ts'
import type { RecordSink } from './record-sink.ts'
import { RecordSpill } from './record-spill.ts'
import { SegmentOutput, type SegmentTarget } from './segment-output.ts'

/** A state of what is written, and where its entries come from. */
export type PlannedState =
  /** `from`: its name in what is read. */
  | { readonly kind: 'keep'; readonly from: string; readonly stored: StoredState }
  | {
      readonly kind: 'transform'
      readonly from: string
      readonly output: OutputState
      readonly transform: (entry: SavedEntry) => unknown
    }
  | {
      readonly kind: 'add'
      readonly output: OutputState
      readonly entries: Iterable<NewEntry> | AsyncIterable<NewEntry>
    }

/** What there is of keyed state of the operator so far. */
export interface KeyedSource {
  /** Undefined: there is none. */
  readonly source: RangeSource | undefined
  /** By subtask. */
  readonly handles: readonly (KeyedStateHandle | undefined)[]
  /** What a state is called that was saved under this name; undefined: it is not read. */
  readonly nameOf: (saved: string) => string | undefined
}

export interface KeyedTarget {
  readonly storage: Pick<CheckpointStorage, 'write'>
  readonly folder: string
  readonly checkpointId: number
  readonly scratch: ScratchDirectory
}

/** What is added is held in memory up to here, and on disk beyond. */
const addedMaxBytes = 16 * 1024 * 1024

/**
 * Writes the keyed state of an operator anew, by key groups: in memory is one of them at a time,
 * a segment that is being made, and a bounded part of what is added. Returns the chains by subtask.
 */
export async function rewriteKeyedState(
  plan: readonly PlannedState[],
  { source, handles, nameOf }: KeyedSource,
  target: KeyedTarget,
): Promise<readonly KeyedStateHandle[]> {
  const { storage, folder, checkpointId, scratch } = target
  const states = plan.map(storedOf)
  const added = await spillAdded(plan, scratch, folder)
  const byId = new Map(states.map((stored) => [stored.id, stored]))
  const parallelism = handles.length
  const written: KeyedStateHandle[] = []
  for (const [subtask, handle] of handles.entries()) {
    const keyGroups = handle?.keyGroups ?? keyGroupRange(subtask, parallelism)
    const place: SegmentTarget = { storage, folder: `${folder}-${subtask}`, checkpointId }
    const output = new SegmentOutput(place, keyGroups, states)
    const isNew = handle === undefined || source === undefined
    const base = isNew ? nothing() : mergedKeyGroups(source, handle, { keyGroups, nameOf })
    for await (const contents of inTurn(base, added.read(keyGroups, byId))) {
      for (const { isAdded, content } of contents) {
        if (isAdded) copyAdded(content, output.records)
        else copyBase(content, plan, output.records)
      }
      await output.endKeyGroup(contents[0]?.content.keyGroup ?? keyGroups.start)
    }
    written.push(await output.finish())
  }
  added.drop()
  return written
}

async function spillAdded(
  plan: readonly PlannedState[],
  scratch: ScratchDirectory,
  folder: string,
): Promise<RecordSpill> {
  const spill = new RecordSpill((name) => scratch.spill(`${folder}-${name}`), addedMaxBytes)
  for (const state of plan) {
    if (state.kind !== 'add') continue
    for await (const entry of state.entries) state.output.add(entry, spill)
  }
  return spill
}

function copyAdded({ keyGroup, states }: KeyGroupContent, sink: RecordSink): void {
  for (const { stored, cells } of states.values()) {
    for (const cell of cells.values()) copyCell(cell, keyGroup, stored, sink)
  }
}

function copyBase(
  { keyGroup, states }: KeyGroupContent,
  plan: readonly PlannedState[],
  sink: RecordSink,
): void {
  for (const state of plan) {
    const content = state.kind === 'add' ? undefined : states.get(state.from)
    if (content === undefined) continue
    if (state.kind === 'keep') {
      for (const cell of content.cells.values()) copyCell(cell, keyGroup, state.stored, sink)
    } else if (state.kind === 'transform') {
      transformContent(content, keyGroup, state, sink)
    }
  }
}

function transformContent(
  { cells, stored }: StateContent,
  keyGroup: number,
  { output, transform }: Extract<PlannedState, { readonly kind: 'transform' }>,
  sink: RecordSink,
): void {
  for (const cell of cells.values()) {
    const place = { keyGroup, key: cell.key, namespace: cell.namespace }
    for (const entry of entriesOfCell(cell, stored)) {
      output.put(entry, transform(entry), place, sink)
    }
  }
}

interface Turn {
  readonly isAdded: boolean
  readonly content: KeyGroupContent
}

/** Two sequences of ascending key groups as one: what both have of a key group comes together. */
async function* inTurn(
  base: AsyncGenerator<KeyGroupContent, void, undefined>,
  added: AsyncGenerator<KeyGroupContent, void, undefined>,
): AsyncGenerator<readonly Turn[], void, undefined> {
  let [one, other] = [await base.next(), await added.next()]
  while (one.done !== true || other.done !== true) {
    const keyGroup = Math.min(keyGroupOfStep(one), keyGroupOfStep(other))
    const turns: Turn[] = []
    if (one.done !== true && one.value.keyGroup === keyGroup) {
      turns.push({ isAdded: false, content: one.value })
      one = await base.next()
    }
    if (other.done !== true && other.value.keyGroup === keyGroup) {
      turns.push({ isAdded: true, content: other.value })
      other = await added.next()
    }
    yield turns
  }
}

function keyGroupOfStep(step: IteratorResult<KeyGroupContent, void>): number {
  return step.done === true ? Number.POSITIVE_INFINITY : step.value.keyGroup
}

async function* nothing(): AsyncGenerator<KeyGroupContent, void, undefined> {}

function storedOf(state: PlannedState): StoredState {
  return state.kind === 'keep' ? state.stored : state.output.stored
}
