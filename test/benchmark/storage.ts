import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { withCleanUp } from './interruption.ts'
import type { RecoveryOptions } from './measurement.ts'
import { freePort } from './millrace-cluster.ts'

const services = join(import.meta.dirname, '..', 'services')
const bucket = 'checkpoints'
const execute = promisify(execFile)

/** Runs `work` with the settings of a job, `key=value`, and what its checkpoints need. */
export async function withStorage<T>(
  { settings, storage }: Pick<RecoveryOptions, 'settings' | 'storage'>,
  work: (settings: readonly string[]) => Promise<T>,
): Promise<T> {
  if (storage === 'file') return work(assignments(settings))
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-s3-'))
  mkdirSync(join(directory, 'buckets', bucket), { recursive: true })
  const stop = async (): Promise<void> => {
    await execute('bash', [join(services, 'down-s3.sh'), directory])
    rmSync(directory, { recursive: true, force: true })
  }
  return withCleanUp(stop, async () => {
    const port = await freePort()
    const words = [join(services, 'up-s3.sh'), directory, String(port), String(process.pid)]
    await execute('bash', words)
    return work(assignments({ ...settings, ...s3Settings(port) }))
  })
}

/** Both engines have these keys. */
function s3Settings(port: number): Readonly<Record<string, string>> {
  return {
    'execution.checkpointing.dir': `s3://${bucket}/checkpoints`,
    's3.endpoint': `http://127.0.0.1:${port}`,
    's3.path-style-access': 'true',
    's3.access-key': 'testkey',
    's3.secret-key': 'testsecret',
  }
}

function assignments(settings: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(settings).map(([key, value]) => `${key}=${value}`)
}
