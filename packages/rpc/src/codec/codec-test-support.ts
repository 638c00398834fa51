import {
  type ChannelStateHandle,
  type CheckpointPhase,
  type ErrorInfo,
  errorCodes,
  type KeyedStateHandle,
  OperatorId,
  type OperatorStateHandle,
  type StateBlob,
  type TaskRestore,
  type TaskStateSnapshot,
} from '@millrace/core'
import fc from 'fast-check'

// Arbitrary values of the vocabulary. Names of fields avoid `__proto__`, which is no key of a
// protobuf map in JavaScript.

export const text: fc.Arbitrary<string> = fc.string({ unit: 'grapheme', maxLength: 12 })
export const uint32: fc.Arbitrary<number> = fc.integer({ min: 0, max: 0xffff_ffff })
/** Whole numbers as far as JavaScript counts. */
export const count: fc.Arbitrary<number> = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
export const milliseconds: fc.Arbitrary<number> = fc.double({ min: 0, noNaN: true }).map(Math.abs)
export const bytes: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 20 })
/** A name that is accepted as an id. */
export const name: fc.Arbitrary<string> = fc.string({ minLength: 1, maxLength: 20 })

export function hex(length: number): fc.Arbitrary<string> {
  const digit = fc.constantFrom(...'0123456789abcdef')
  return fc.string({ unit: digit, minLength: length, maxLength: length })
}

export function mapOf<T>(value: fc.Arbitrary<T>): fc.Arbitrary<Readonly<Record<string, T>>> {
  const key = text.filter((other) => other !== '__proto__')
  const entries = fc.uniqueArray(fc.tuple(key, value), { selector: ([k]) => k, maxLength: 4 })
  return entries.map((pairs) => Object.fromEntries(pairs))
}

/** Objects as code makes them, not without a prototype. */
export function record<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record<T>(model, { noNullPrototype: true }) as fc.Arbitrary<T>
}

export function listOf<T>(item: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> {
  return fc.array(item, { maxLength: 4 })
}

export function maybe<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(value, { nil: undefined })
}

export const errorInfos: fc.Arbitrary<ErrorInfo> = record({
  code: fc.constantFrom(...errorCodes),
  message: text,
  disposition: fc.constantFrom('retry', 'fail-job', 'reject-request'),
  blame: fc.constantFrom('user', 'external', 'internal'),
  stack: text,
  details: mapOf(fc.oneof(text, fc.double(), fc.boolean())),
})

const keyGroups = record({ start: uint32, end: uint32 })

const keyedStates: fc.Arbitrary<KeyedStateHandle> = record({
  keyGroups,
  segments: listOf(
    record({
      name: text,
      sizeBytes: count,
      checkpointId: count,
      replaces: keyGroups,
      recordCount: count,
    }),
  ),
})

const stateBlobs: fc.Arbitrary<StateBlob> = fc.oneof(
  record({ kind: fc.constant('inline' as const), bytes }),
  record({ kind: fc.constant('file' as const), name: text, sizeBytes: count }),
)

const channelStates: fc.Arbitrary<ChannelStateHandle> = record({
  sourceOperator: name.map(OperatorId.parse),
  targetOperator: name.map(OperatorId.parse),
  inputIndex: uint32,
  producerSubtask: uint32,
  consumerSubtask: uint32,
  end: fc.constantFrom('received', 'sent'),
  recordCount: count,
  blob: stateBlobs,
  offset: count,
  sizeBytes: count,
})

const operatorStates: fc.Arbitrary<OperatorStateHandle> = record({
  states: listOf(record({ name: text, mode: fc.constantFrom('split', 'union', 'broadcast') })),
  blob: stateBlobs,
})

export const taskStateSnapshots: fc.Arbitrary<TaskStateSnapshot> = record({
  operators: listOf(
    record({
      operatorId: name.map(OperatorId.parse),
      keyed: maybe(keyedStates),
      operator: maybe(operatorStates),
    }),
  ),
  channels: listOf(channelStates),
  isFinished: fc.boolean(),
})

export const taskRestores: fc.Arbitrary<TaskRestore> = record({
  checkpointId: count,
  operators: listOf(
    record({
      operatorId: name.map(OperatorId.parse),
      keyed: listOf(keyedStates),
      operator: listOf(maybe(operatorStates)),
      droppedStates: listOf(text),
      renamedStates: listOf(record({ from: text, to: text })),
    }),
  ),
  channels: listOf(record({ edgeIndex: uint32, handle: channelStates, isShared: fc.boolean() })),
  isFinished: fc.boolean(),
})

export const checkpointPhases: fc.Arbitrary<CheckpointPhase> = fc.constantFrom(
  ...(['wait-for-barrier', 'align', 'seal', 'encode', 'queue'] as const),
  ...(['write', 'acknowledged'] as const),
)
