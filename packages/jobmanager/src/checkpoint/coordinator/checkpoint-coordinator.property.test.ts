import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { shuffle } from '../../scheduler/job-scheduler-test-support.ts'
import { CheckpointBench } from './checkpoint-bench-test-support.ts'
import { CheckpointModel, type ModelStep } from './checkpoint-model-test-support.ts'

// Steps in any order: whatever tasks, storage and clock do, the rules of the protocol hold. The
// model keeps what each attempt may name; see checkpoint-model-test-support.ts.

const ofTask = <Kind extends string>(kind: Kind) =>
  fc.record({ kind: fc.constant(kind), task: fc.nat(3) })
const plain = <Kind extends string>(kind: Kind) => fc.record({ kind: fc.constant(kind) })

const steps = fc.array(
  fc.oneof(
    { weight: 10, arbitrary: ofTask('acknowledge') },
    { weight: 2, arbitrary: ofTask('skip') },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('pass'), byMs: fc.nat(1_500) }) },
    { weight: 3, arbitrary: plain('stored') },
    { weight: 1, arbitrary: plain('not-stored') },
    { weight: 1, arbitrary: ofTask('decline') },
    { weight: 1, arbitrary: plain('expire') },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('store-wait'), isRemembering: fc.boolean() }),
    },
    { weight: 1, arbitrary: ofTask('fail') },
    { weight: 2, arbitrary: ofTask('damage') },
    { weight: 3, arbitrary: plain('cancel') },
    { weight: 3, arbitrary: plain('offer') },
    { weight: 3, arbitrary: plain('run') },
    { weight: 1, arbitrary: ofTask('end') },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('savepoint' as const),
        goal: fc.constantFrom('savepoint', 'stop', 'drain'),
      }),
    },
    { weight: 2, arbitrary: plain('written') },
    { weight: 1, arbitrary: plain('not-written') },
  ),
  { minLength: 20, maxLength: 200 },
)

for (const partitioner of ['hash', 'forward'] as const) {
  test(`whatever happens in whatever order, the protocol holds (${partitioner})`, () => {
    fc.assert(
      fc.property(
        steps,
        fc.constantFrom(1, 2, 3),
        fc.constantFrom(1, 2, 3),
        (all, maxConcurrentCheckpoints, numRetained) => {
          const model = new CheckpointModel(
            new CheckpointBench(shuffle, [['a', 'b', partitioner]], {
              options: { maxConcurrentCheckpoints, numRetained },
            }),
            { maxConcurrentCheckpoints },
          )
          for (const step of all) model.take(step as ModelStep)
          model.settleAndComplete()
        },
      ),
      { numRuns: 300 },
    )
  })
}

test('a run of the model completes checkpoints and restores them', () => {
  const model = new CheckpointModel(new CheckpointBench(shuffle, [['a', 'b', 'hash']]), {
    maxConcurrentCheckpoints: 1,
  })
  model.settleAndComplete()
  model.take({ kind: 'fail', task: 0 })
  model.settleAndComplete()
  assert.equal(model.completedCount, 2)
  assert.ok(model.restoredCount >= 4)
})
