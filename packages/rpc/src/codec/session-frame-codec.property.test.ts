import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import {
  AllocationId,
  BundleHash,
  type CheckpointMetrics,
  ExecutionAttemptId,
  JobId,
  type JobStateOptions,
  JobVertexId,
  OperatorId,
  SessionId,
  type SlotStatus,
  type TaskDeployment,
  type TaskExecutionState,
  type TaskExecutorMessage,
  TaskManagerId,
  type TaskManagerMessage,
  type TaskMetrics,
} from '@millrace/core'
import fc from 'fast-check'
import type {
  SessionFrame as SessionFrameProto,
  SessionFrame__Output as SessionFrameProtoOutput,
} from '../generated/millrace/v1/SessionFrame.ts'
import { resourceManagerProto } from '../grpc/proto-definition.ts'
import type { SessionFrame } from '../session/session-frame.ts'
import {
  bytes,
  checkpointPhases,
  count,
  errorInfos,
  hex,
  listOf,
  mapOf,
  maybe,
  milliseconds,
  name,
  record,
  taskRestores,
  taskStateSnapshots,
  text,
  uint32,
} from './codec-test-support.ts'
import { decodeMessage } from './enum-codec.ts'
import {
  decodeTaskExecutorFrame,
  decodeTaskManagerFrame,
  encodeTaskExecutorFrame,
  encodeTaskManagerFrame,
} from './session-frame-codec.ts'

const jobId = hex(32).map(JobId.parse)
const vertexId = name.map(JobVertexId.parse)
const operatorId = name.map(OperatorId.parse)
const attemptId = name.map(ExecutionAttemptId.parse)
const allocationId = hex(16).map(AllocationId.parse)
const sessionId = hex(16).map(SessionId.parse)
const taskManagerId = name.map(TaskManagerId.parse)

const deployment: fc.Arbitrary<TaskDeployment> = record({
  jobId,
  vertexId,
  subtaskIndex: uint32,
  parallelism: uint32,
  attemptId,
  attemptNumber: uint32,
  allocationId,
  inputs: listOf(
    record({
      edgeIndex: uint32,
      channels: listOf(
        record({ producerSubtask: uint32, producerAttemptId: attemptId, address: text }),
      ),
    }),
  ),
  outputs: listOf(
    record({
      edgeIndex: uint32,
      consumers: listOf(record({ consumerSubtask: uint32, consumerAttemptId: attemptId })),
    }),
  ),
  restore: maybe(taskRestores),
})

const state: fc.Arbitrary<JobStateOptions> = record({
  backend: fc.constantFrom('heap', 'leveldb'),
  checkpointing: maybe(
    record({
      mode: fc.constantFrom('EXACTLY_ONCE', 'AT_LEAST_ONCE'),
      directory: text,
      inlineSizeMaxBytes: count,
      isUnaligned: fc.boolean(),
      alignedTimeoutMs: milliseconds,
      isBackedUpLocally: fc.boolean(),
    }),
  ),
  leveldb: record({
    objectCacheSizeBytes: count,
    blockCacheSizeBytes: count,
    writeBufferSizeBytes: count,
  }),
})

const checkpointOfTasks = { attemptIds: listOf(attemptId), checkpointId: count }

const taskExecutorMessage: fc.Arbitrary<TaskExecutorMessage> = fc.oneof(
  record({
    kind: fc.constant('allocate-slot' as const),
    slotIndex: uint32,
    incarnation: uint32,
    allocationId,
    job: record({
      jobId,
      jobName: text,
      bundle: record({ hash: hex(64).map(BundleHash.parse), sizeBytes: count }),
      args: mapOf(text),
      config: mapOf(text),
      graphHash: text,
      state,
    }),
  }),
  record({ kind: fc.constant('free-slot' as const), allocationId }),
  record({ kind: fc.constant('submit-task' as const), deployment }),
  record({ kind: fc.constant('cancel-task' as const), attemptId }),
  record({
    kind: fc.constant('operator-event' as const),
    attemptId,
    operatorId,
    event: bytes,
  }),
  record({
    kind: fc.constant('trigger-checkpoint' as const),
    ...checkpointOfTasks,
    purpose: fc.constantFrom('checkpoint' as const, 'savepoint' as const, 'stop' as const),
    timestampMs: milliseconds,
  }),
  record({ kind: fc.constant('notify-checkpoint-complete' as const), ...checkpointOfTasks }),
  record({ kind: fc.constant('notify-checkpoint-aborted' as const), ...checkpointOfTasks }),
  record({
    kind: fc.constant('drain-sources' as const),
    attemptIds: checkpointOfTasks.attemptIds,
  }),
  record({ kind: fc.constant('release-job' as const), jobId }),
  record({ kind: fc.constant('request-log' as const), requestId: count, lineCountMax: uint32 }),
)

const slotStatus: fc.Arbitrary<SlotStatus> = record({
  slotIndex: uint32,
  incarnation: uint32,
  state: fc.constantFrom('starting', 'free', 'allocated'),
  allocationId: maybe(allocationId),
  dataAddress: text,
})

const executionState: fc.Arbitrary<TaskExecutionState> = record({
  jobId,
  attemptId,
  state: fc.constantFrom('INITIALIZING', 'RUNNING', 'FINISHED', 'CANCELED', 'FAILED'),
  failure: maybe(errorInfos),
  channelCounts: listOf(
    record({
      end: fc.constantFrom('sent', 'received'),
      edgeIndex: uint32,
      producerSubtask: uint32,
      consumerSubtask: uint32,
      records: count,
    }),
  ),
})

const metrics: fc.Arbitrary<TaskMetrics> = record({
  jobId,
  attemptId,
  recordsIn: count,
  recordsOut: count,
  bytesIn: count,
  bytesOut: count,
  droppedByReason: mapOf(count),
  busyMs: milliseconds,
  idleMs: milliseconds,
  backPressuredMs: milliseconds,
})

const checkpointOfTask = { jobId, attemptId, checkpointId: count }

const checkpointMetrics: fc.Arbitrary<CheckpointMetrics> = record({
  barrierWaitMs: milliseconds,
  alignmentMs: milliseconds,
  sealMs: milliseconds,
  encodeMs: milliseconds,
  queueMs: milliseconds,
  writeMs: milliseconds,
  writtenBytes: count,
  totalBytes: count,
  persistedBytes: count,
})

const taskManagerMessage: fc.Arbitrary<TaskManagerMessage> = fc.oneof(
  record({ kind: fc.constant('slot-report' as const), slots: listOf(slotStatus) }),
  record({ kind: fc.constant('task-execution-state' as const), state: executionState }),
  record({ kind: fc.constant('metrics-report' as const), tasks: listOf(metrics) }),
  record({
    kind: fc.constant('operator-event' as const),
    jobId,
    vertexId,
    attemptId,
    subtaskIndex: uint32,
    operatorId,
    event: bytes,
  }),
  record({
    kind: fc.constant('acknowledge-checkpoint' as const),
    ...checkpointOfTask,
    snapshot: taskStateSnapshots,
    metrics: checkpointMetrics,
  }),
  record({
    kind: fc.constant('decline-checkpoint' as const),
    ...checkpointOfTask,
    failure: errorInfos,
  }),
  record({
    kind: fc.constant('checkpoint-phase' as const),
    ...checkpointOfTask,
    phase: checkpointPhases,
  }),
  record({ kind: fc.constant('end-of-data-reached' as const), jobId, attemptId }),
  record({ kind: fc.constant('log' as const), requestId: count, lines: listOf(text) }),
)

const origin = record({ incarnation: text, connectionNumber: count })

function frames<Message>(message: fc.Arbitrary<Message>): fc.Arbitrary<SessionFrame<Message>> {
  return fc.oneof(
    record({
      kind: fc.constant('register' as const),
      registration: record({
        taskManagerId,
        slotCount: uint32,
        dataHost: text,
        livenessAddress: text,
        processId: uint32,
        version: text,
      }),
      origin,
    }),
    record({
      kind: fc.constant('registered' as const),
      sessionId,
      heartbeatIntervalMs: uint32,
      heartbeatTimeoutMs: uint32,
      epoch: count,
    }),
    record({
      kind: fc.constant('resume' as const),
      sessionId,
      taskManagerId,
      receivedCount: count,
      origin,
    }),
    record({ kind: fc.constant('resumed' as const), sessionId, receivedCount: count }),
    record({ kind: fc.constant('refused' as const), error: errorInfos, epoch: count }),
    record({
      kind: fc.constant('message' as const),
      sessionId,
      sequence: count,
      receivedCount: count,
      message,
    }),
    record({ kind: fc.constant('heartbeat' as const), sessionId, receivedCount: count }),
    record({ kind: fc.constant('close' as const), sessionId, reason: text }),
  )
}

const { requestSerialize, requestDeserialize } = resourceManagerProto.service.OpenSession

/** Through bytes, as on the wire. */
function onTheWire(frame: SessionFrameProto): SessionFrameProtoOutput {
  return requestDeserialize(requestSerialize(frame))
}

describe('every frame arrives as it was sent', () => {
  test('from a TaskManager to the JobManager', () => {
    fc.assert(
      fc.property(frames(taskManagerMessage), (frame) => {
        assert.deepEqual(decodeTaskManagerFrame(onTheWire(encodeTaskManagerFrame(frame))), frame)
      }),
      { numRuns: 500 },
    )
  })

  test('from the JobManager to a TaskManager', () => {
    fc.assert(
      fc.property(frames(taskExecutorMessage), (frame) => {
        assert.deepEqual(decodeTaskExecutorFrame(onTheWire(encodeTaskExecutorFrame(frame))), frame)
      }),
      { numRuns: 500 },
    )
  })
})

test('a malformed frame is RPC_MESSAGE_INVALID, whatever is wrong with it', () => {
  const valid = { sessionId: '0123456789abcdef', receivedCount: 1 }
  const malformed: SessionFrameProto[] = [
    {},
    { heartbeat: { ...valid, sessionId: 'short' } },
    { message: { ...valid, sequence: 1 } },
    { message: { ...valid, sequence: 1, taskManager: {} } },
    { refused: {} },
    { message: { ...valid, taskManager: { slotReport: { slots: [{ slotIndex: 1 }] } } } },
  ]
  for (const frame of malformed) {
    assert.throws(
      () => decodeMessage('SessionFrame', () => decodeTaskManagerFrame(onTheWire(frame))),
      {
        code: 'RPC_MESSAGE_INVALID',
      },
    )
  }
})
