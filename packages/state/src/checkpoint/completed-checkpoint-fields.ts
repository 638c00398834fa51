import {
  type ChannelStateHandle,
  type CompletedCheckpoint,
  type CompletedOperator,
  type CompletedVertex,
  type CoordinatorState,
  JobId,
  JobVertexId,
  type KeyedStateHandle,
  type KeyGroupRange,
  keyGroupCount,
  OperatorId,
  type OperatorStateHandle,
  type OperatorStateMode,
  type OperatorSubtaskState,
  type RenamedState,
  type SegmentHandle,
  type StateBlob,
  type TaskStateSnapshot,
} from '@millrace/core'
import { isStorageName, isTemporaryName } from '../storage/storage-name.ts'
import { FieldMismatch, FieldReader } from './field-reader.ts'

const channelEnds: readonly ChannelStateHandle['end'][] = ['received', 'sent']
const stateModes: readonly OperatorStateMode[] = ['split', 'union', 'broadcast']

/**
 * A completed checkpoint out of a decoded value. Nothing of it is believed: a field too few, too
 * many, of another type or out of range is refused. What a version of the format does not have is
 * as it always was then.
 *
 * @throws FieldMismatch
 */
export function readCompletedCheckpoint(value: unknown, version: number): CompletedCheckpoint {
  const isFirst = version === 1
  const fields = new FieldReader(value, '', [
    ...(isFirst ? [] : ['kind']),
    'jobId',
    'jobName',
    'checkpointId',
    'epoch',
    'triggeredAtMs',
    'completedAtMs',
    'vertices',
    'coordinators',
  ])
  return {
    kind: isFirst ? 'checkpoint' : fields.oneOf('kind', ['checkpoint', 'savepoint']),
    jobId: fields.parsed('jobId', 'the id of a job', JobId.parse),
    jobName: fields.text('jobName'),
    checkpointId: fields.count('checkpointId', 1),
    epoch: fields.count('epoch'),
    triggeredAtMs: fields.count('triggeredAtMs'),
    completedAtMs: fields.count('completedAtMs'),
    vertices: fields.list('vertices', (item, path) => readVertex(item, path, isFirst)),
    coordinators: fields.list('coordinators', readCoordinator),
  }
}

function readVertex(value: unknown, path: string, isFirst: boolean): CompletedVertex {
  const fields = new FieldReader(value, path, ['vertexId', 'parallelism', 'operators', 'subtasks'])
  const parallelism = fields.count('parallelism', 1, keyGroupCount)
  const operators = fields.list('operators', (item, place) => readOperator(item, place, isFirst))
  const subtasks = fields.list('subtasks', (item, place) => readSnapshot(item, place, isFirst))
  if (subtasks.length !== parallelism) {
    throw new FieldMismatch(fields.pathOf('subtasks'), subtasks, `a list of ${parallelism}`)
  }
  const known = new Set(operators.map(({ operatorId }) => operatorId))
  for (const [index, { operators: states }] of subtasks.entries()) {
    const stranger = states.find(({ operatorId }) => !known.has(operatorId))
    if (stranger === undefined) continue
    const place = `${fields.pathOf('subtasks')}[${index}]`
    throw new FieldMismatch(place, stranger.operatorId, 'an operator of its vertex')
  }
  const vertexId = fields.parsed('vertexId', 'the id of a vertex', JobVertexId.parse)
  return { vertexId, parallelism, operators, subtasks }
}

function readOperator(value: unknown, path: string, isFirst: boolean): CompletedOperator {
  const names = ['operatorId', 'name', ...(isFirst ? [] : ['droppedStates', 'renamedStates'])]
  const fields = new FieldReader(value, path, names)
  return {
    operatorId: readOperatorId(fields),
    name: fields.text('name'),
    droppedStates: isFirst ? [] : fields.list('droppedStates', readText),
    renamedStates: isFirst ? [] : fields.list('renamedStates', readRenamedState),
  }
}

function readRenamedState(value: unknown, path: string): RenamedState {
  const fields = new FieldReader(value, path, ['from', 'to'])
  return { from: fields.text('from'), to: fields.text('to') }
}

function readText(value: unknown, path: string): string {
  if (typeof value === 'string') return value
  throw new FieldMismatch(path, value, 'a text')
}

function readSnapshot(value: unknown, path: string, isFirst: boolean): TaskStateSnapshot {
  const names = ['operators', ...(isFirst ? [] : ['channels']), 'isFinished']
  const fields = new FieldReader(value, path, names)
  return {
    operators: fields.list('operators', readSubtaskState),
    channels: isFirst ? [] : fields.list('channels', readChannelState),
    isFinished: fields.flag('isFinished'),
  }
}

function readChannelState(value: unknown, path: string): ChannelStateHandle {
  const fields = new FieldReader(value, path, [
    'sourceOperator',
    'targetOperator',
    'inputIndex',
    'producerSubtask',
    'consumerSubtask',
    'end',
    'recordCount',
    'blob',
    'offset',
    'sizeBytes',
  ])
  const blob = fields.object('blob', readBlob)
  const blobBytes = blob.kind === 'inline' ? blob.bytes.length : blob.sizeBytes
  const offset = fields.count('offset', 0, blobBytes)
  return {
    sourceOperator: readOperatorId(fields, 'sourceOperator'),
    targetOperator: readOperatorId(fields, 'targetOperator'),
    inputIndex: fields.count('inputIndex'),
    producerSubtask: fields.count('producerSubtask', 0, keyGroupCount - 1),
    consumerSubtask: fields.count('consumerSubtask', 0, keyGroupCount - 1),
    end: fields.oneOf('end', channelEnds),
    recordCount: fields.count('recordCount'),
    blob,
    offset,
    sizeBytes: fields.count('sizeBytes', 0, blobBytes - offset),
  }
}

function readSubtaskState(value: unknown, path: string): OperatorSubtaskState {
  const fields = new FieldReader(value, path, ['operatorId', 'keyed', 'operator'])
  return {
    operatorId: readOperatorId(fields),
    keyed: fields.optional('keyed', readKeyedState),
    operator: fields.optional('operator', readOperatorState),
  }
}

function readKeyedState(value: unknown, path: string): KeyedStateHandle {
  const fields = new FieldReader(value, path, ['keyGroups', 'segments'])
  return {
    keyGroups: fields.object('keyGroups', readKeyGroups),
    segments: fields.list('segments', readSegment),
  }
}

function readSegment(value: unknown, path: string): SegmentHandle {
  const names = ['name', 'sizeBytes', 'checkpointId', 'replaces', 'recordCount']
  const fields = new FieldReader(value, path, names)
  return {
    name: readFileName(fields),
    sizeBytes: fields.count('sizeBytes'),
    checkpointId: fields.count('checkpointId'),
    replaces: fields.object('replaces', readKeyGroups),
    recordCount: fields.count('recordCount'),
  }
}

function readKeyGroups(value: unknown, path: string): KeyGroupRange {
  const fields = new FieldReader(value, path, ['start', 'end'])
  const start = fields.count('start', 0, keyGroupCount)
  return { start, end: fields.count('end', start, keyGroupCount) }
}

function readOperatorState(value: unknown, path: string): OperatorStateHandle {
  const fields = new FieldReader(value, path, ['states', 'blob'])
  const states = fields.list('states', (item, itemPath) => {
    const state = new FieldReader(item, itemPath, ['name', 'mode'])
    return { name: state.text('name'), mode: state.oneOf('mode', stateModes) }
  })
  return { states, blob: fields.object('blob', readBlob) }
}

function readCoordinator(value: unknown, path: string): CoordinatorState {
  const fields = new FieldReader(value, path, ['operatorId', 'blob'])
  return { operatorId: readOperatorId(fields), blob: fields.object('blob', readBlob) }
}

function readBlob(value: unknown, path: string): StateBlob {
  const isInline = value instanceof Object && 'bytes' in value
  const names = isInline ? ['kind', 'bytes'] : ['kind', 'name', 'sizeBytes']
  const fields = new FieldReader(value, path, names)
  const kind = fields.oneOf('kind', [isInline ? 'inline' : 'file'])
  if (kind === 'inline') return { kind, bytes: fields.bytes('bytes') }
  return { kind, name: readFileName(fields), sizeBytes: fields.count('sizeBytes') }
}

function readOperatorId(fields: FieldReader, name = 'operatorId'): OperatorId {
  return fields.parsed(name, 'the id of an operator', OperatorId.parse)
}

/** It will be opened, or deleted: it must not lead elsewhere. */
function readFileName(fields: FieldReader): string {
  const name = fields.text('name')
  if (isStorageName(name) && !isTemporaryName(name)) return name
  throw new FieldMismatch(fields.pathOf('name'), name, 'the name of a file in checkpoint storage')
}
