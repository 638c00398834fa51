import { S3Server } from '../real-cluster/s3-server.ts'
import { withCleanUp } from './interruption.ts'
import type { RecoveryOptions } from './measurement.ts'

/** Runs `work` with the settings of a job, `key=value`, and what its checkpoints need. */
export async function withStorage<T>(
  { settings, storage }: Pick<RecoveryOptions, 'settings' | 'storage'>,
  work: (settings: readonly string[]) => Promise<T>,
): Promise<T> {
  if (storage === 'file') return work(assignments(settings))
  const server = await S3Server.start()
  const all = {
    ...settings,
    ...server.settings(),
    'execution.checkpointing.dir': `s3://${server.bucket}/checkpoints`,
  }
  return withCleanUp(
    () => server.stop(),
    () => work(assignments(all)),
  )
}

function assignments(settings: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(settings).map(([key, value]) => `${key}=${value}`)
}
