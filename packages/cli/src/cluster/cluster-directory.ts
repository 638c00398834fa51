import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { MillraceError } from '@millrace/core'
import { makeDirectorySync } from '@millrace/state/make-directory'
import { processStartTime } from '../io/process-identity.ts'

// A local cluster lives in a directory:
//   cluster.json   its processes, each by id and start time, the JobManager's address,
//                  and where checkpoints are
//   *.log          what each process writes
//   tmp/           bundles and other files of the running processes
//   checkpoints/   of its jobs, unless the configuration names another place

export interface ClusterProcess {
  /** `jobmanager`, `taskmanager-1`, …; its log is `<name>.log`. */
  readonly name: string
  readonly processId: number
  /** Tells the process from a later one of the same id. */
  readonly startTime: string
}

export interface ClusterRecord {
  /** Of the JobManager, host:port; empty until it is known. */
  readonly address: string
  readonly processes: readonly ClusterProcess[]
  /** Where checkpoints are, of jobs that name no place of their own. */
  readonly checkpointPath: string
}

/** Files of one local cluster. */
export class ClusterDirectory {
  readonly path: string

  constructor(path: string) {
    this.path = resolve(path)
  }

  /** `--dir`, else MILLRACE_CLUSTER_DIRECTORY, else one for each user below the system's own. */
  static of(option: string | undefined): ClusterDirectory {
    const fallback = join(tmpdir(), `millrace-${userInfo().username}`)
    const path = option ?? process.env['MILLRACE_CLUSTER_DIRECTORY'] ?? ''
    return new ClusterDirectory(path === '' ? fallback : path)
  }

  get temporaryPath(): string {
    return join(this.path, 'tmp')
  }

  get checkpointPath(): string {
    return join(this.path, 'checkpoints')
  }

  logPath(name: string): string {
    return join(this.path, `${name}.log`)
  }

  /** Makes the directory. Throws FILE_WRITE_FAILED. */
  prepare(): void {
    this.#writing(() => makeDirectorySync(this.temporaryPath, 0o700))
  }

  read(): ClusterRecord | undefined {
    try {
      return JSON.parse(readFileSync(this.#recordPath, 'utf8')) as ClusterRecord
    } catch {
      return undefined
    }
  }

  write(record: ClusterRecord): void {
    this.#writing(() => {
      const temporary = `${this.#recordPath}.${process.pid}.tmp`
      writeFileSync(temporary, `${JSON.stringify(record, null, 2)}\n`)
      renameSync(temporary, this.#recordPath)
    })
  }

  /** Takes the record and the temporary files away; logs stay. */
  clear(): void {
    this.#writing(() => {
      rmSync(this.#recordPath, { force: true })
      rmSync(this.temporaryPath, { recursive: true, force: true })
    })
  }

  get #recordPath(): string {
    return join(this.path, 'cluster.json')
  }

  #writing(action: () => void): void {
    try {
      action()
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new MillraceError(
        'FILE_WRITE_FAILED',
        `The cluster's directory ${this.path} cannot be written: ${reason}. ` +
          'Name another one with --dir or MILLRACE_CLUSTER_DIRECTORY.',
        { cause, blame: 'external', disposition: 'reject-request', details: { path: this.path } },
      )
    }
  }
}

/** Whether this very process still runs, not merely one that was given its id since. */
export function isRunning({ processId, startTime }: ClusterProcess): boolean {
  return processStartTime(processId) === startTime
}
