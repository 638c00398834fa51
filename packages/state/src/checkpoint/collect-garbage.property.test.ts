import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FileSystemCheckpointStorage } from '../storage/file-system-checkpoint-storage.ts'
import { FaultyFileSystem, stateFileName } from '../storage/file-system-test-support.ts'
import { collectGarbage } from './collect-garbage.ts'
import { CompletedCheckpointStore } from './completed-checkpoint-store.ts'
import { checkpointOf } from './completed-checkpoint-test-support.ts'
import { writeCheckpointMetadata } from './completed-checkpoints.ts'

/**
 * A job of one task as the coordinator and the task see it: each checkpoint adds a segment to the
 * chain of the attempt, now and then a base replaces the chain, checkpoints complete or not, the
 * task fails and begins again with the latest, its leftovers are told to be deleted or (the
 * JobManager died) are not.
 */
class Job {
  readonly files: FaultyFileSystem = new FaultyFileSystem()
  readonly storage: FileSystemCheckpointStorage = new FileSystemCheckpointStorage(this.files, '/c')
  readonly store: CompletedCheckpointStore = new CompletedCheckpointStore(2)
  #chain: readonly string[] = []
  #attempt = 0
  #lastId = 0

  async checkpoint(ends: 'completes' | 'aborts' | 'is lost', isBase: boolean): Promise<void> {
    const checkpointId = ++this.#lastId
    const content = Buffer.from(`${this.#attempt} ${checkpointId}`)
    const name = stateFileName(`attempt-${this.#attempt}`, checkpointId, content)
    await this.storage.write(name, content)
    // Its acknowledgement never came: the task names the file, and nobody else knows.
    this.#chain = isBase ? [name] : [...this.#chain, name]
    if (ends === 'is lost') return
    await this.#delete(this.store.hold('attempt', this.#chain))
    if (ends === 'aborts') return
    const completed = checkpointOf(checkpointId, this.#chain)
    await writeCheckpointMetadata(this.storage, completed)
    await this.#delete(this.store.add(completed))
  }

  async fail(isForgotten: boolean): Promise<void> {
    const unnamed = this.store.release('attempt')
    if (!isForgotten) await this.#delete(unnamed)
    this.#attempt += 1
    const operators = this.store.latest?.vertices[0]?.subtasks[0]?.operators ?? []
    this.#chain = operators[0]?.keyed?.segments.map(({ name }) => name) ?? []
    this.store.hold('attempt', this.#chain)
  }

  get needed(): readonly string[] {
    const ids = this.store.retained.map(({ checkpointId }) => `chk-${checkpointId}/_metadata`)
    return [...this.#chain, ...ids]
  }

  async #delete(names: readonly string[]): Promise<void> {
    for (const name of names) await this.storage.delete(name)
  }
}

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('checkpoint' as const),
      ends: fc.constantFrom('completes' as const, 'aborts' as const, 'is lost' as const),
      isBase: fc.boolean(),
    }),
  },
  fc.record({ kind: fc.constant('fail' as const), isForgotten: fc.boolean() }),
  fc.record({ kind: fc.constant('collect' as const) }),
)

test('nothing that a running job needs is ever garbage, and a job that is over keeps no more', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const job = new Job()
      const options = { nowMs: 1, ageMinMs: 0, isDryRun: false }
      for (const each of steps) {
        if (each.kind === 'checkpoint') await job.checkpoint(each.ends, each.isBase)
        else if (each.kind === 'fail') await job.fail(each.isForgotten)
        else await collectGarbage(job.storage, { ...options, isJobOver: false })
        const there = await job.storage.list('')
        for (const name of job.needed) assert.ok(there.includes(name), name)
        for (const { vertices } of job.store.retained) {
          const [state] = vertices[0]?.subtasks[0]?.operators ?? []
          for (const { name } of state?.keyed?.segments ?? []) assert.ok(there.includes(name), name)
        }
      }
      await collectGarbage(job.storage, { ...options, isJobOver: true })
      await job.fail(false)
      assert.deepEqual(
        new Set(await job.storage.list('')),
        new Set([...job.needed, ...namedBy(job.store)]),
      )
    }),
    { numRuns: 200 },
  )
})

function namedBy(store: CompletedCheckpointStore): readonly string[] {
  return store.retained.flatMap(({ vertices }) => {
    const [state] = vertices[0]?.subtasks[0]?.operators ?? []
    return state?.keyed?.segments.map(({ name }) => name) ?? []
  })
}
