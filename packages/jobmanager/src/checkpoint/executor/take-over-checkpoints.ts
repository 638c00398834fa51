import type { CheckpointStorage, Logger } from '@millrace/core'
import {
  checkpointIdOfMetadata,
  filesOfCheckpoint,
  parseStateFileName,
  readCheckpointMetadata,
} from '@millrace/state'
import { isCheckpointDamage } from '../coordinator/checkpoint-failures.ts'
import type {
  AbandonedCheckpoint,
  JobCheckpointLog,
  RestoredCheckpoints,
} from './job-checkpoint-log.ts'

/**
 * Before a recovered job takes its first checkpoint: sees to it that no earlier JobManager, which
 * may have been stopped at any point, completes one any more, and adds to what is restored what
 * else lies there. Metadata that has no name yet is deleted, so that it never gets one (see
 * CheckpointCommits); metadata that nobody remembers is abandoned.
 *
 * Rejects with what storage rejects with, or JOB_MANAGER_SUPERSEDED: then nothing may be done in
 * this storage, and it is to be called again.
 */
export async function takeOverCheckpoints(
  world: {
    readonly storage: CheckpointStorage
    readonly log: JobCheckpointLog
    readonly logger: Logger
  },
  restored: RestoredCheckpoints,
): Promise<RestoredCheckpoints> {
  const { storage, log, logger } = world
  // No name of these is ever used again: it does no harm when one is deleted much later.
  const unfinished = (await namesIn(storage)).filter(isUnfinishedMetadata)
  await log.confirmLeadership()
  for (const name of unfinished) await storage.delete(name)
  await storage.removeEmptyFolders()
  // What got its name before that is there now, and no other will be.
  const names = await namesIn(storage)
  const remembered = new Set(restored.completed.map(({ checkpointId }) => checkpointId))
  const abandoned: AbandonedCheckpoint[] = []
  let latestId = 0
  for (const name of names) {
    const checkpointId = checkpointIdOfMetadata(name)
    latestId = Math.max(latestId, checkpointId ?? parseStateFileName(name)?.checkpointId ?? 0)
    if (checkpointId === undefined || remembered.has(checkpointId)) continue
    abandoned.push({ checkpointId, names: await namedBy(storage, checkpointId) })
    logger.info('checkpoint that does not count found', { checkpointId })
  }
  const nextCheckpointId = Math.max(restored.nextCheckpointId, latestId + 1)
  return { ...restored, nextCheckpointId, abandoned }
}

/** Not what a task writes, which may be under way. */
function isUnfinishedMetadata(name: string): boolean {
  return name.startsWith('chk-') && name.endsWith('.tmp')
}

async function namesIn(storage: CheckpointStorage): Promise<readonly string[]> {
  return (await storage.inspect('')).map(({ name }) => name)
}

async function namedBy(
  storage: CheckpointStorage,
  checkpointId: number,
): Promise<readonly string[]> {
  try {
    const completed = await readCheckpointMetadata(storage, checkpointId)
    return filesOfCheckpoint(completed).map(({ name }) => name)
  } catch (error) {
    if (isCheckpointDamage(error)) return []
    throw error
  }
}
