import {
  type ChannelRestore,
  type ChannelStateHandle,
  type KeyedStateHandle,
  type KeyGroupRange,
  OperatorId,
  type OperatorRestore,
  type OperatorStateHandle,
  type OperatorStateMode,
  type OperatorSubtaskState,
  type SegmentHandle,
  type StateBlob,
  type TaskRestore,
  type TaskStateSnapshot,
} from '@millrace/core'
import type { ChannelEnd__Output as ChannelEndProto } from '../generated/millrace/v1/ChannelEnd.ts'
import type { ChannelRestore__Output as ChannelRestoreProtoOutput } from '../generated/millrace/v1/ChannelRestore.ts'
import type {
  ChannelStateHandle as ChannelStateHandleProto,
  ChannelStateHandle__Output as ChannelStateHandleProtoOutput,
} from '../generated/millrace/v1/ChannelStateHandle.ts'
import type { KeyedStateHandle__Output as KeyedStateHandleProtoOutput } from '../generated/millrace/v1/KeyedStateHandle.ts'
import type { KeyGroupRange__Output as KeyGroupRangeProtoOutput } from '../generated/millrace/v1/KeyGroupRange.ts'
import type {
  OperatorRestore as OperatorRestoreProto,
  OperatorRestore__Output as OperatorRestoreProtoOutput,
} from '../generated/millrace/v1/OperatorRestore.ts'
import type {
  OperatorStateHandle as OperatorStateHandleProto,
  OperatorStateHandle__Output as OperatorStateHandleProtoOutput,
} from '../generated/millrace/v1/OperatorStateHandle.ts'
import type { OperatorStateMode__Output as OperatorStateModeProto } from '../generated/millrace/v1/OperatorStateMode.ts'
import type {
  OperatorSubtaskState as OperatorSubtaskStateProto,
  OperatorSubtaskState__Output as OperatorSubtaskStateProtoOutput,
} from '../generated/millrace/v1/OperatorSubtaskState.ts'
import type { SegmentHandle__Output as SegmentHandleProtoOutput } from '../generated/millrace/v1/SegmentHandle.ts'
import type {
  StateBlob as StateBlobProto,
  StateBlob__Output as StateBlobProtoOutput,
} from '../generated/millrace/v1/StateBlob.ts'
import type {
  TaskRestore as TaskRestoreProto,
  TaskRestore__Output as TaskRestoreProtoOutput,
} from '../generated/millrace/v1/TaskRestore.ts'
import type {
  TaskStateSnapshot as TaskStateSnapshotProto,
  TaskStateSnapshot__Output as TaskStateSnapshotProtoOutput,
} from '../generated/millrace/v1/TaskStateSnapshot.ts'
import { decodeBytes, EnumCodec, messageInvalid, required } from './enum-codec.ts'

const modeCodec = new EnumCodec<OperatorStateMode, OperatorStateModeProto>('OperatorStateMode', {
  split: 'OPERATOR_STATE_MODE_SPLIT',
  union: 'OPERATOR_STATE_MODE_UNION',
  broadcast: 'OPERATOR_STATE_MODE_BROADCAST',
})

const endCodec = new EnumCodec<ChannelStateHandle['end'], ChannelEndProto>('ChannelEnd', {
  received: 'CHANNEL_END_RECEIVED',
  sent: 'CHANNEL_END_SENT',
})

export function encodeTaskStateSnapshot(snapshot: TaskStateSnapshot): TaskStateSnapshotProto {
  const { operators, channels, isFinished } = snapshot
  return {
    operators: operators.map(encodeOperatorSubtaskState),
    channels: channels.map(encodeChannelState),
    isFinished,
  }
}

export function decodeTaskStateSnapshot(proto: TaskStateSnapshotProtoOutput): TaskStateSnapshot {
  const { operators, channels, isFinished } = proto
  return {
    operators: operators.map(decodeOperatorSubtaskState),
    channels: channels.map(decodeChannelState),
    isFinished,
  }
}

export function encodeTaskRestore(restore: TaskRestore): TaskRestoreProto {
  const { checkpointId, operators, channels, isFinished } = restore
  return {
    checkpointId,
    operators: operators.map(encodeOperatorRestore),
    channels: channels.map((channel) => ({
      ...channel,
      handle: encodeChannelState(channel.handle),
    })),
    isFinished,
  }
}

export function decodeTaskRestore(proto: TaskRestoreProtoOutput): TaskRestore {
  const { checkpointId, operators, channels, isFinished } = proto
  return {
    checkpointId,
    operators: operators.map(decodeOperatorRestore),
    channels: channels.map(decodeChannelRestore),
    isFinished,
  }
}

function encodeChannelState(handle: ChannelStateHandle): ChannelStateHandleProto {
  const { end, blob } = handle
  return { ...handle, end: endCodec.encode(end), blob: encodeStateBlob(blob) }
}

function decodeChannelState(proto: ChannelStateHandleProtoOutput): ChannelStateHandle {
  return {
    ...proto,
    sourceOperator: OperatorId.parse(proto.sourceOperator),
    targetOperator: OperatorId.parse(proto.targetOperator),
    end: endCodec.decode(proto.end),
    blob: decodeStateBlob(required(proto.blob, 'ChannelStateHandle.blob')),
  }
}

function decodeChannelRestore(proto: ChannelRestoreProtoOutput): ChannelRestore {
  const { edgeIndex, isShared } = proto
  const handle = decodeChannelState(required(proto.handle, 'ChannelRestore.handle'))
  return { edgeIndex, handle, isShared }
}

function encodeOperatorSubtaskState(state: OperatorSubtaskState): OperatorSubtaskStateProto {
  const { operatorId, keyed, operator } = state
  return {
    operatorId,
    ...(keyed === undefined ? {} : { keyed: encodeKeyedStateHandle(keyed) }),
    ...(operator === undefined ? {} : { operator: encodeOperatorStateHandle(operator) }),
  }
}

function decodeOperatorSubtaskState(proto: OperatorSubtaskStateProtoOutput): OperatorSubtaskState {
  const { operatorId, keyed, operator } = proto
  return {
    operatorId: OperatorId.parse(operatorId),
    keyed: keyed === null ? undefined : decodeKeyedStateHandle(keyed),
    operator: operator === null ? undefined : decodeOperatorStateHandle(operator),
  }
}

function encodeOperatorRestore({
  operatorId,
  keyed,
  operator,
  droppedStates,
  renamedStates,
}: OperatorRestore): OperatorRestoreProto {
  return {
    operatorId,
    keyed: keyed.map(encodeKeyedStateHandle),
    operator: operator.map((handle) =>
      handle === undefined ? {} : { handle: encodeOperatorStateHandle(handle) },
    ),
    droppedStates: [...droppedStates],
    renamedStates: [...renamedStates],
  }
}

function decodeOperatorRestore(proto: OperatorRestoreProtoOutput): OperatorRestore {
  return {
    operatorId: OperatorId.parse(proto.operatorId),
    keyed: proto.keyed.map(decodeKeyedStateHandle),
    operator: proto.operator.map(({ handle }) =>
      handle === null ? undefined : decodeOperatorStateHandle(handle),
    ),
    droppedStates: proto.droppedStates,
    renamedStates: proto.renamedStates.map(({ from, to }) => ({ from, to })),
  }
}

function encodeKeyedStateHandle({ keyGroups, segments }: KeyedStateHandle): {
  keyGroups: KeyGroupRange
  segments: SegmentHandle[]
} {
  return { keyGroups, segments: [...segments] }
}

function decodeKeyedStateHandle(proto: KeyedStateHandleProtoOutput): KeyedStateHandle {
  return {
    keyGroups: decodeKeyGroupRange(required(proto.keyGroups, 'KeyedStateHandle.key_groups')),
    segments: proto.segments.map(decodeSegmentHandle),
  }
}

function decodeSegmentHandle(proto: SegmentHandleProtoOutput): SegmentHandle {
  const { name, sizeBytes, checkpointId, recordCount } = proto
  const replaces = decodeKeyGroupRange(required(proto.replaces, 'SegmentHandle.replaces'))
  return { name, sizeBytes, checkpointId, replaces, recordCount }
}

function decodeKeyGroupRange({ start, end }: KeyGroupRangeProtoOutput): KeyGroupRange {
  return { start, end }
}

function encodeOperatorStateHandle(handle: OperatorStateHandle): OperatorStateHandleProto {
  const states = handle.states.map(({ name, mode }) => ({ name, mode: modeCodec.encode(mode) }))
  return { states, blob: encodeStateBlob(handle.blob) }
}

function decodeOperatorStateHandle(proto: OperatorStateHandleProtoOutput): OperatorStateHandle {
  const states = proto.states.map(({ name, mode }) => ({ name, mode: modeCodec.decode(mode) }))
  return { states, blob: decodeStateBlob(required(proto.blob, 'OperatorStateHandle.blob')) }
}

function encodeStateBlob(blob: StateBlob): StateBlobProto {
  if (blob.kind === 'inline') return { inline: blob.bytes }
  return { file: { name: blob.name, sizeBytes: blob.sizeBytes } }
}

function decodeStateBlob(proto: StateBlobProtoOutput): StateBlob {
  switch (proto.blob) {
    case 'inline':
      return { kind: 'inline', bytes: decodeBytes(required(proto.inline, 'StateBlob.inline')) }
    case 'file': {
      const { name, sizeBytes } = required(proto.file, 'StateBlob.file')
      return { kind: 'file', name, sizeBytes }
    }
    default:
      throw messageInvalid('StateBlob is of an unknown kind')
  }
}
