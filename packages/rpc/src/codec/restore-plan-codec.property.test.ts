import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JobId, type RestorePlan } from '@millrace/core'
import fc from 'fast-check'
import { dispatcherProto } from '../grpc/proto-definition.ts'
import { count, hex, listOf, milliseconds, record, text } from './codec-test-support.ts'
import { decodeRestorePlan, encodeRestorePlan } from './restore-plan-codec.ts'

const { responseSerialize, responseDeserialize } = dispatcherProto.service.PlanRestore

const plan: fc.Arbitrary<RestorePlan> = record({
  location: text,
  jobId: hex(32).map(JobId.parse),
  jobName: text,
  checkpointId: count,
  completedAtMs: milliseconds,
  states: listOf(
    record({
      operator: text,
      state: text,
      kind: text,
      verdict: fc.constantFrom(
        ...(['kept', 'migrated', 'new', 'dropped', 'incompatible', 'unknown'] as const),
      ),
      reason: text,
      isRefused: fc.boolean(),
    }),
  ),
  problems: listOf(text),
})

test('what would become of a savepoint arrives as it was sent', () => {
  fc.assert(
    fc.property(plan, (sent) => {
      const bytes = responseSerialize(encodeRestorePlan(sent))
      assert.deepEqual(decodeRestorePlan(responseDeserialize(bytes)), sent)
    }),
  )
})
