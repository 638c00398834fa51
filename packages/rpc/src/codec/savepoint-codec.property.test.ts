import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JobId, SavepointId } from '@millrace/core'
import fc from 'fast-check'
import type { SavepointDetails, SavepointRequest } from '../gateway/savepoint-details.ts'
import { dispatcherProto } from '../grpc/proto-definition.ts'
import {
  count,
  errorInfos,
  hex,
  maybe,
  milliseconds,
  record,
  text,
  uint32,
} from './codec-test-support.ts'
import {
  decodeSavepointDetails,
  decodeSavepointRequest,
  encodeSavepointDetails,
  encodeSavepointRequest,
} from './savepoint-codec.ts'

const { service } = dispatcherProto
const goal = fc.constantFrom('savepoint' as const, 'stop' as const, 'drain' as const)

const requests: fc.Arbitrary<SavepointRequest> = record({
  jobId: hex(32).map(JobId.parse),
  goal,
  targetDirectory: maybe(text),
})

const details: fc.Arbitrary<SavepointDetails> = record({
  savepointId: hex(12).map(SavepointId.parse),
  goal,
  state: fc.constantFrom(
    ...(['waiting', 'draining', 'acknowledging', 'writing'] as const),
    ...(['storing', 'completed', 'failed'] as const),
  ),
  location: text,
  requestedAtMs: milliseconds,
  endedAtMs: milliseconds,
  acknowledgedCount: uint32,
  taskCount: uint32,
  copiedFileCount: count,
  fileCount: count,
  copiedBytes: count,
  sizeBytes: count,
  failure: maybe(errorInfos),
})

test('what is asked of a savepoint, and what is told, survives the wire', () => {
  fc.assert(
    fc.property(requests, (request) => {
      const { requestSerialize, requestDeserialize } = service.TriggerSavepoint
      const bytes = requestSerialize(encodeSavepointRequest(request))
      assert.deepStrictEqual(decodeSavepointRequest(requestDeserialize(bytes)), request)
    }),
  )
  fc.assert(
    fc.property(fc.array(details, { maxLength: 3 }), (all) => {
      const { responseSerialize, responseDeserialize } = service.RequestSavepoints
      const bytes = responseSerialize({ savepoints: all.map(encodeSavepointDetails) })
      const decoded = responseDeserialize(bytes).savepoints.map(decodeSavepointDetails)
      assert.deepStrictEqual(decoded, all)
    }),
  )
})
