import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { withCleanUp } from './interruption.ts'
import type { RunOptions } from './measurement.ts'

const folder = join(import.meta.dirname, 'flink')

/** Gets Flink and builds its jobs, unless that was done before; with S3, its plugin too. */
export function prepareFlink(withS3: boolean): void {
  const done = spawnSync('bash', [join(folder, 'setup.sh'), ...(withS3 ? ['s3'] : [])], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (done.status !== 0) {
    throw new Error('Flink could not be set up: it needs java 17, mvn, python3 and pip.')
  }
}

/** Hands `read` the JSON that the driver prints last, while the files it tells of are there. */
export async function withFlinkDriver<Printed, Result>(
  options: Pick<RunOptions, 'job' | 'warmSeconds' | 'args'>,
  more: readonly string[],
  read: (printed: Printed) => Result | Promise<Result>,
): Promise<Result> {
  const name = options.job === 'word-count' ? 'wordcount' : options.job
  const args = Object.entries(options.args).flatMap(([key, value]) => ['--a', `${key}=${value}`])
  const directory = mkdtempSync(join(tmpdir(), 'flink-bench-'))
  const words = [name, '--dir', directory, '--warm', String(options.warmSeconds), ...more, ...args]
  const driver = spawn('bash', [join(folder, 'run.sh'), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exit = once(driver, 'exit')
  const cleanUp = async (): Promise<void> => {
    if (driver.exitCode === null && driver.signalCode === null) {
      driver.kill('SIGTERM')
      await exit
    }
    rmSync(directory, { recursive: true, force: true })
  }
  return withCleanUp(cleanUp, async () => {
    const [printed, errors] = await Promise.all([textOf(driver.stdout), textOf(driver.stderr)])
    await exit
    const line = printed.trim().split('\n').at(-1) ?? ''
    if (driver.exitCode !== 0 || !line.startsWith('{')) {
      throw new Error(`Flink's ${name} failed:\n${printed}${errors}`)
    }
    return read(JSON.parse(line) as Printed)
  })
}

/** What the driver prints where a job is run again and again. */
export interface FlinkRuns<T> {
  readonly runs: readonly T[]
}
