import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Sink } from '../sink/sink.ts'
import { type OperatorRun, sinkRun } from './chain-test-support.ts'
import { settle } from './clock-test-support.ts'
import {
  initialization,
  performCheckpoint,
  TestOperatorState,
} from './operator-state-test-support.ts'
import type { SinkWriterOperator } from './sink-writer-operator.ts'
import type { StateInitializationContext } from './stream-operator.ts'

/** The outside: what is visible to others, however often it was committed. */
class Outside {
  readonly committed = new Set<string>()
  readonly calls: unknown[] = []
  commit: (committables: readonly string[]) => Promise<void> = async (committables) => {
    for (const each of committables) this.committed.add(each)
  }

  /** Each transaction is the text of its records. */
  sink(name = 'w'): Sink<string, string, number> {
    return {
      kind: 'two-phase',
      createWriter: (context, restored) => {
        this.calls.push(['create', context.restoredCheckpointId, ...restored])
        let count = restored.reduce((sum, each) => sum + each, 0)
        let open: string[] = []
        return {
          write: (record) => {
            count++
            open.push(record)
          },
          flush: async (isEndOfInput) => void this.calls.push(['flush', isEndOfInput]),
          prepareCommit: async () => {
            const prepared = open.length === 0 ? [] : [`${name}:${open.join('')}`]
            open = []
            return prepared
          },
          snapshotState: () => [count],
          close: () => void this.calls.push('close writer'),
        }
      },
      createCommitter: async () => ({
        commit: (committables) => {
          this.calls.push(['commit', ...committables])
          return this.commit(committables)
        },
        close: () => void this.calls.push('close committer'),
      }),
    }
  }
}

interface Started {
  readonly run: OperatorRun
  readonly operator: SinkWriterOperator
  readonly state: TestOperatorState
  checkpoint(id: number): Promise<Uint8Array>
}

async function started(
  sink: Sink<string, string, number>,
  restored?: Uint8Array,
  overrides: Partial<StateInitializationContext> = {},
): Promise<Started> {
  const state = new TestOperatorState(restored)
  const { run, operator } = sinkRun(sink as Sink<unknown, unknown, unknown>)
  operator.initializeState(initialization(state, overrides))
  await run.open()
  return { run, operator, state, checkpoint: (id) => performCheckpoint(operator, state, id) }
}

test('what was written before a barrier is committed when its checkpoint completes', async () => {
  const outside = new Outside()
  const { run, operator, checkpoint } = await started(outside.sink())
  run.run(['a', 'b'])
  await checkpoint(1)
  run.run(['c'])
  assert.deepEqual([...outside.committed], [])
  await operator.notifyCheckpointComplete(1)
  assert.deepEqual([...outside.committed], ['w:ab'])
})

test('a later checkpoint commits what earlier ones prepared that failed, in order', async () => {
  const outside = new Outside()
  const { run, operator, checkpoint } = await started(outside.sink())
  for (const [index, record] of ['a', 'b', 'c'].entries()) {
    run.run([record])
    await checkpoint(index + 1)
  }
  await operator.notifyCheckpointComplete(2)
  await operator.notifyCheckpointComplete(2)
  const commits = outside.calls.filter((call) => Array.isArray(call) && call[0] === 'commit')
  assert.deepEqual(commits, [
    ['commit', 'w:a'],
    ['commit', 'w:b'],
  ])
})

test('commits run one at a time, and none is dropped from snapshots before it succeeded', async () => {
  const outside = new Outside()
  const gate = Promise.withResolvers<void>()
  outside.commit = () => gate.promise
  const { run, operator, checkpoint } = await started(outside.sink())
  run.run(['a'])
  await checkpoint(1)
  const first = operator.notifyCheckpointComplete(1)
  run.run(['b'])
  const snapshot = await checkpoint(2)
  const second = operator.notifyCheckpointComplete(2)
  await settle()
  const commits = outside.calls.filter((call) => Array.isArray(call) && call[0] === 'commit')
  assert.deepEqual(commits, [['commit', 'w:a']])
  gate.resolve()
  await first
  await second
  const later = new Outside()
  await started(later.sink(), snapshot, { restoredCheckpointId: 2 })
  assert.deepEqual(later.calls, [
    ['commit', 'w:a'],
    ['commit', 'w:b'],
    ['create', 2, 2],
  ])
})

test('what is restored is committed before the writer is made, and not kept', async () => {
  const outside = new Outside()
  const first = await started(outside.sink())
  first.run.run(['a'])
  const snapshot = await first.checkpoint(1)
  const second = await started(outside.sink('v'), snapshot, { restoredCheckpointId: 1 })
  assert.deepEqual([...outside.committed], ['w:a'])
  const again = await second.checkpoint(2)
  const third = new Outside()
  await started(third.sink(), again, { restoredCheckpointId: 2 })
  assert.deepEqual(third.calls, [['create', 2, 1]])
})

test('the end of input is committed by the last checkpoint', async () => {
  const outside = new Outside()
  const { run, operator, checkpoint } = await started(outside.sink())
  run.run(['a'])
  await checkpoint(1)
  run.run(['b'])
  await operator.finish()
  assert.deepEqual(outside.calls.at(-1), ['flush', true])
  const snapshot = await checkpoint(2)
  await checkpoint(3)
  assert.deepEqual([...outside.committed], [])
  await operator.notifyCheckpointComplete(3)
  assert.deepEqual([...outside.committed], ['w:a', 'w:b'])
  assert.deepEqual(
    outside.calls.filter((call) => Array.isArray(call) && call[0] === 'flush'),
    [
      ['flush', false],
      ['flush', true],
    ],
  )
  const restored = new Outside()
  const context = { restoredCheckpointId: 2, isFinished: true }
  const finished = await started(restored.sink(), snapshot, context)
  assert.deepEqual([...restored.committed], ['w:a', 'w:b'])
  await finished.checkpoint(4)
  await finished.operator.close()
})

test('without checkpoints all is committed at the end of input', async () => {
  const outside = new Outside()
  const { run, operator } = await started(outside.sink(), undefined, { isCheckpointing: false })
  run.run(['a', 'b'])
  await operator.finish()
  await operator.close()
  assert.deepEqual(outside.calls, [
    ['create', undefined],
    ['flush', true],
    ['commit', 'w:ab'],
    'close writer',
    'close committer',
  ])
})

test('a commit that fails is one to try again, and none follows it', async () => {
  const outside = new Outside()
  outside.commit = () => Promise.reject(new Error('broker is gone'))
  const { run, operator, checkpoint } = await started(outside.sink())
  run.run(['a'])
  await checkpoint(1)
  run.run(['b'])
  const snapshot = await checkpoint(2)
  await assert.rejects(async () => operator.notifyCheckpointComplete(1), {
    code: 'SINK_FAILED',
    disposition: 'retry',
    message: /failed to commit 1 committables of checkpoint 1: .*broker is gone/,
  })
  await assert.rejects(async () => operator.notifyCheckpointComplete(2), { code: 'SINK_FAILED' })
  assert.equal(outside.calls.filter((call) => String(call).startsWith('commit')).length, 1)
  const later = new Outside()
  await started(later.sink(), snapshot, { restoredCheckpointId: 2 })
  assert.deepEqual([...later.committed], ['w:a', 'w:b'])
})

test('what is prepared is an array or nothing, or it is refused', async () => {
  const outside = new Outside()
  const sink = outside.sink()
  const preparing = (prepared: unknown): Sink<string, string, number> => ({
    ...sink,
    createWriter: async (context, restored) => {
      const writer = await sink.createWriter(context, restored)
      return { ...writer, prepareCommit: () => prepared as readonly string[] }
    },
  })
  for (const prepared of [{ transaction: 1 }, 'text', 7]) {
    const { checkpoint } = await started(preparing(prepared))
    await assert.rejects(checkpoint(1), {
      code: 'SINK_FAILED',
      message: /no array of committables/,
    })
  }
  await (await started(preparing(undefined))).checkpoint(1)
})

test('something to commit and nobody who commits is refused', async () => {
  const outside = new Outside()
  const { createCommitter: _, ...sink } = outside.sink()
  await assert.rejects(started(sink), { code: 'SINK_FAILED', message: /no createCommitter/ })
})

test('the committer is closed where the writer fails to close', async () => {
  const outside = new Outside()
  const sink = outside.sink()
  const { operator } = await started({
    ...sink,
    createWriter: async (context, restored) => ({
      ...(await sink.createWriter(context, restored)),
      close: () => Promise.reject(new Error('still open')),
    }),
  })
  await assert.rejects(operator.close(), /still open/)
  assert.deepEqual(outside.calls.at(-1), 'close committer')
})
