import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import {
  BundleHash,
  type CollectedResults,
  ExecutionAttemptId,
  type ExecutionState,
  executionStateTransitions,
  type JobGraph,
  JobId,
  type JobStatus,
  JobVertexId,
  jobStatusTransitions,
  OperatorId,
  TaskManagerId,
  type TypeDescriptor,
} from '@millrace/core'
import fc from 'fast-check'
import type {
  ClusterOverview,
  JobDetails,
  JobOverview,
  JobSubmission,
  LogRequest,
} from '../gateway/dispatcher-gateway.ts'
import { dispatcherProto, errorInfoProto } from '../grpc/proto-definition.ts'
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
  text,
  uint32,
} from './codec-test-support.ts'
import {
  decodeClusterOverview,
  decodeCollectedResults,
  decodeJobDetails,
  decodeJobSubmission,
  decodeLogRequest,
  encodeClusterOverview,
  encodeCollectedResults,
  encodeJobDetails,
  encodeJobSubmission,
  encodeLogRequest,
} from './dispatcher-codec.ts'
import { decodeErrorInfo, encodeErrorInfo } from './error-codec.ts'
import { decodeJobGraph, encodeJobGraph } from './job-codec.ts'

const { service } = dispatcherProto
const jobId = hex(32).map(JobId.parse)
const vertexId = name.map(JobVertexId.parse)
const operatorId = name.map(OperatorId.parse)
const attemptId = name.map(ExecutionAttemptId.parse)
const taskManagerId = name.map(TaskManagerId.parse)

const { type } = fc.letrec<{ type: TypeDescriptor }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 4 },
    record({
      kind: fc.constantFrom(
        ...(['float64', 'int32', 'boolean', 'string', 'bigint', 'bytes', 'date', 'any'] as const),
      ),
    }),
    record({ kind: fc.constantFrom('optional', 'nullable', 'array'), of: tie('type') }),
    record({ kind: fc.constant('tuple' as const), items: listOf(tie('type')) }),
    record({
      kind: fc.constant('object' as const),
      fields: listOf(record({ name: text, type: tie('type') })),
    }),
  ),
}))

const graph: fc.Arbitrary<JobGraph> = record({
  name: text,
  boundedness: fc.constantFrom('bounded', 'continuous-unbounded'),
  vertices: listOf(
    record({
      id: vertexId,
      name: text,
      parallelism: uint32,
      slotSharingGroup: text,
      operators: listOf(
        record({
          id: operatorId,
          name: text,
          kind: text,
          chainedInputs: listOf(uint32),
          outputType: maybe(type),
        }),
      ),
    }),
  ),
  edges: listOf(
    record({
      index: uint32,
      source: vertexId,
      sourceOperator: operatorId,
      target: vertexId,
      targetOperator: operatorId,
      inputIndex: uint32,
      partitioner: fc.constantFrom(
        ...(['forward', 'rebalance', 'rescale', 'shuffle'] as const),
        ...(['broadcast', 'global', 'hash', 'custom'] as const),
      ),
    }),
  ),
  config: mapOf(text),
  hash: text,
})

const statuses = Object.keys(jobStatusTransitions) as JobStatus[]
const states = Object.keys(executionStateTransitions) as ExecutionState[]

const overviewFields = {
  jobId,
  name: text,
  status: fc.constantFrom(...statuses),
  startedAtMs: milliseconds,
  endedAtMs: milliseconds,
  taskCount: uint32,
  runningTaskCount: uint32,
  restartCount: uint32,
}
const overview: fc.Arbitrary<JobOverview> = record(overviewFields)

const details: fc.Arbitrary<JobDetails> = record({
  ...overviewFields,
  graph,
  vertices: listOf(
    record({
      vertexId,
      name: text,
      parallelism: uint32,
      subtasks: listOf(
        record({
          subtaskIndex: uint32,
          attemptId,
          attemptNumber: uint32,
          state: fc.constantFrom(...states),
          taskManagerId: maybe(taskManagerId),
          metrics: fc.constant(undefined),
        }),
      ),
    }),
  ),
  edges: listOf(record({ edgeIndex: uint32, recordsSent: count, recordsReceived: count })),
  failure: maybe(errorInfos),
  failures: listOf(
    record({
      atMs: milliseconds,
      failure: errorInfos,
      taskName: text,
      taskManagerId: maybe(taskManagerId),
      recoveredAfterMs: maybe(milliseconds),
    }),
  ),
  waitingFor: text,
  checkpoints: maybe(
    record({
      completedCount: count,
      failedCount: count,
      latestCompleted: maybe(
        record({
          checkpointId: count,
          triggeredAtMs: milliseconds,
          durationMs: milliseconds,
          writtenBytes: count,
          totalBytes: count,
          persistedBytes: count,
          location: text,
        }),
      ),
      latestFailed: maybe(
        record({
          checkpointId: count,
          triggeredAtMs: milliseconds,
          failedAtMs: milliseconds,
          failure: errorInfos,
        }),
      ),
      latestRestored: maybe(record({ checkpointId: count, restoredAtMs: milliseconds })),
      pending: listOf(
        record({
          checkpointId: count,
          triggeredAtMs: milliseconds,
          acknowledgedCount: uint32,
          taskCount: uint32,
          waitingFor: listOf(record({ taskName: text, phase: checkpointPhases })),
        }),
      ),
    }),
  ),
  rescale: maybe(
    record({
      cause: fc.constantFrom('requested', 'slots-missing', 'slots-returned'),
      state: fc.constantFrom(
        ...(['waiting-for-slots', 'checkpointing', 'stopping'] as const),
        ...(['starting', 'completed', 'failed'] as const),
      ),
      fromParallelism: uint32,
      toParallelism: uint32,
      beganAtMs: milliseconds,
      missingSlotCount: uint32,
      gapMs: maybe(milliseconds),
      failure: maybe(errorInfos),
    }),
  ),
})

const cluster: fc.Arbitrary<ClusterOverview> = record({
  version: text,
  processId: uint32,
  startedAtMs: milliseconds,
  slotCount: uint32,
  freeSlotCount: uint32,
  taskManagers: listOf(
    record({
      taskManagerId,
      dataHost: text,
      processId: uint32,
      slotCount: uint32,
      freeSlotCount: uint32,
      state: fc.constantFrom('active', 'suspended'),
      registeredAtMs: milliseconds,
      lastHeartbeatAgoMs: milliseconds,
    }),
  ),
  jobs: listOf(overview),
})

const submission: fc.Arbitrary<JobSubmission> = record({
  bundle: record({ hash: hex(64).map(BundleHash.parse), sizeBytes: count }),
  apiVersion: text,
  args: mapOf(text),
  config: mapOf(text),
})

const results: fc.Arbitrary<CollectedResults> = record({
  records: listOf(bytes),
  isEnd: fc.boolean(),
  epoch: uint32,
  position: fc.maxSafeNat(),
})

const logRequest: fc.Arbitrary<LogRequest> = record({
  taskManagerId: maybe(taskManagerId),
  lineCountMax: uint32,
})

/** Every value comes back equal from `code`, which takes it through bytes. */
function roundTrips<T>(values: fc.Arbitrary<T>, code: (value: T) => T): void {
  fc.assert(
    fc.property(values, (value) => {
      assert.deepEqual(code(value), value)
    }),
  )
}

describe('every message of the Dispatcher arrives as it was sent', () => {
  test('JobSubmission', () => {
    const { requestSerialize, requestDeserialize } = service.SubmitJob
    roundTrips(submission, (value) =>
      decodeJobSubmission(requestDeserialize(requestSerialize(encodeJobSubmission(value)))),
    )
  })

  test('JobGraph', () => {
    const { responseSerialize, responseDeserialize } = service.PlanJob
    roundTrips(graph, (value) =>
      decodeJobGraph(responseDeserialize(responseSerialize(encodeJobGraph(value)))),
    )
  })

  test('JobDetails', () => {
    const { responseSerialize, responseDeserialize } = service.RequestJob
    roundTrips(details, (value) =>
      decodeJobDetails(responseDeserialize(responseSerialize(encodeJobDetails(value)))),
    )
  })

  test('ClusterOverview', () => {
    const { responseSerialize, responseDeserialize } = service.RequestClusterOverview
    roundTrips(cluster, (value) =>
      decodeClusterOverview(responseDeserialize(responseSerialize(encodeClusterOverview(value)))),
    )
  })

  test('CollectedResults', () => {
    const { responseSerialize, responseDeserialize } = service.FetchResults
    roundTrips(results, (value) =>
      decodeCollectedResults(responseDeserialize(responseSerialize(encodeCollectedResults(value)))),
    )
  })

  test('LogRequest', () => {
    const { requestSerialize, requestDeserialize } = service.RequestLogs
    roundTrips(logRequest, (value) =>
      decodeLogRequest(requestDeserialize(requestSerialize(encodeLogRequest(value)))),
    )
  })

  test('ErrorInfo', () => {
    roundTrips(errorInfos, (value) =>
      decodeErrorInfo(errorInfoProto.deserialize(errorInfoProto.serialize(encodeErrorInfo(value)))),
    )
  })
})

test('an error code of a later version is kept in the message', () => {
  const proto = encodeErrorInfo({
    code: 'INTERNAL_ERROR',
    message: 'it broke',
    disposition: 'retry',
    blame: 'internal',
    stack: '',
    details: {},
  })
  const bytesOfLater = errorInfoProto.serialize({ ...proto, code: 'MOON_ECLIPSED' })
  const info = decodeErrorInfo(errorInfoProto.deserialize(bytesOfLater))
  assert.equal(info.code, 'RPC_FAILED')
  assert.equal(info.message, 'MOON_ECLIPSED: it broke')
})
