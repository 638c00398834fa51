import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ExecutionAttemptId, MillraceError, silentLogger } from '@millrace/core'
import { checkpointMetadataName, FileSystemCheckpointStorage } from '@millrace/state'
import fc from 'fast-check'
import { MemoryFileSystem } from '../../memory-file-system-test-support.ts'
import { CheckpointDeletions } from './checkpoint-deletions.ts'
import { noCheckpointLog } from './job-checkpoint-log.ts'

const directory = '/checkpoints/job'
const checkpointCount = 6

/** `outcomes`: of each operation in turn, whether it works; all do that come later. */
const runs = fc.record({
  isOfAttempt: fc.array(fc.boolean(), { minLength: checkpointCount, maxLength: checkpointCount }),
  outcomes: fc.array(fc.boolean(), { maxLength: 30 }),
})

test('whatever fails, no file is deleted while metadata is there that may name it', async () => {
  await fc.assert(
    fc.asyncProperty(runs, async ({ isOfAttempt, outcomes }) => {
      const files = new MemoryFileSystem()
      const storage = new FileSystemCheckpointStorage(files, directory)
      const struckOut = new Set<number>()
      const discarded = new Set<number>()
      const wrong: string[] = []
      const isThere = (name: string): boolean => files.files.has(`${directory}/${name}`)
      const operate = (): void => {
        if (outcomes.shift() === false) throw new MillraceError('FILE_WRITE_FAILED', 'i/o error')
      }
      const remove = files.remove.bind(files)
      files.remove = async (path) => {
        operate()
        const [, id] = /chk-(\d+)/.exec(path) ?? []
        if (id !== undefined && !struckOut.has(Number(id))) wrong.push(`${path} is remembered`)
        for (const each of id === undefined ? discarded : []) {
          if (isThere(checkpointMetadataName(each))) wrong.push(`${path} goes before ${each}`)
        }
        await remove(path)
      }
      const log = {
        ...noCheckpointLog,
        onDiscarded: async (ids: readonly number[]) => {
          operate()
          for (const id of ids) struckOut.add(id)
        },
        confirmLeadership: async () => operate(),
      }
      const deletions = new CheckpointDeletions({ storage, log, logger: silentLogger })
      for (let id = 1; id <= checkpointCount; id++) {
        await storage.write(checkpointMetadataName(id), Uint8Array.of(id))
        await storage.write(`attempt/${id}`, Uint8Array.of(id))
      }
      for (let id = 1; id <= checkpointCount; id++) {
        discarded.add(id)
        const names = [
          checkpointMetadataName(id),
          ...(isOfAttempt[id - 1] ? [] : [`attempt/${id}`]),
        ]
        deletions.delete({ kind: 'delete-checkpoint-files', names, checkpointIds: [id] })
        const attemptId = ExecutionAttemptId.parse('attempt')
        const keptNames = new Set(
          Array.from({ length: checkpointCount - id }, (_, index) => `attempt/${id + index + 1}`),
        )
        if (isOfAttempt[id - 1]) {
          deletions.deleteFilesOfAttempt({ kind: 'delete-files-of-attempt', attemptId, keptNames })
        }
        await deletions.untilIdle()
      }
      outcomes.length = 0
      deletions.delete({ kind: 'delete-checkpoint-files', names: [], checkpointIds: [] })
      await deletions.untilIdle()
      assert.deepEqual(wrong, [])
      for (const id of discarded) assert.ok(!isThere(checkpointMetadataName(id)), 'is tried again')
    }),
    { numRuns: 500 },
  )
})
