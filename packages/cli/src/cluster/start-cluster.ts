import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type ErrorInfo, errorFromInfo, MillraceError } from '@millrace/core'
import {
  type ConfigOption,
  type Configuration,
  checkpointingDirectory,
  ioTmpDirs,
  jobManagerBindHost,
  jobManagerRpcPort,
} from '@millrace/core/config'
import type { ProcessReport } from '../composition/process-report.ts'
import { requireFreePort } from '../io/free-port.ts'
import { processStartTime } from '../io/process-identity.ts'
import { type ClusterDirectory, type ClusterProcess, isRunning } from './cluster-directory.ts'
import { endProcesses } from './stop-cluster.ts'

/** How long the processes may take until all serve. */
const readyMsMax = 60_000
const logTailLines = 15

export interface StartOptions {
  readonly directory: ClusterDirectory
  readonly taskManagerCount: number
  readonly configuration: Configuration
  /** Words of the command line that give every process the same configuration. */
  readonly configurationWords: readonly string[]
}

export interface StartedCluster {
  readonly address: string
  readonly processes: readonly ClusterProcess[]
  readonly readyAfterMs: number
}

interface Started {
  readonly process: ClusterProcess
  /** Its address, once it serves. */
  readonly ready: Promise<string>
}

/**
 * Starts a JobManager and TaskManagers as processes of their own, which outlive this one, and waits
 * until all serve. If one does not, all are ended again. Rejects with CLUSTER_RUNS_ALREADY,
 * ADDRESS_IN_USE, CLUSTER_START_FAILED or what the process says is wrong.
 */
export async function startCluster(options: StartOptions): Promise<StartedCluster> {
  const startedAtMs = performance.now()
  const { directory, configuration } = options
  refuseSecondCluster(directory)
  const port = configuration.get(jobManagerRpcPort)
  // Before anything is started, so that no TaskManager registers with a stranger on that port.
  await requireFreePort(configuration.get(jobManagerBindHost), port)
  directory.prepare()
  const checkpointPath = configuration.get(checkpointingDirectory) ?? directory.checkpointPath
  const started: Started[] = []
  const start = (name: string, words: readonly string[]): Promise<string> => {
    const one = startProcess(options, name, words)
    started.push(one)
    directory.write({
      address: '',
      processes: started.map((each) => each.process),
      checkpointPath,
    })
    return one.ready
  }
  const startTaskManagers = (words: readonly string[]): Promise<string>[] =>
    Array.from({ length: options.taskManagerCount }, (_, index) =>
      start(`taskmanager-${index + 1}`, ['taskmanager', ...words]),
    )
  try {
    // All at once where the port is known: TaskManagers dial until the JobManager serves.
    const jobManager = start('jobmanager', ['jobmanager'])
    const early = port === 0 ? [] : startTaskManagers([])
    const [address] = await Promise.all([jobManager, ...early])
    if (port === 0) await Promise.all(startTaskManagers(['--jobmanager', address]))
    const processes = started.map((each) => each.process)
    directory.write({ address, processes, checkpointPath })
    return { address, processes, readyAfterMs: performance.now() - startedAtMs }
  } catch (error) {
    await endProcesses(started.map((each) => each.process))
    directory.clear()
    throw error
  }
}

function startProcess(options: StartOptions, name: string, words: readonly string[]): Started {
  const { directory, configuration, configurationWords } = options
  const logPath = directory.logPath(name)
  rmSync(logPath, { force: true })
  const log = openSync(logPath, 'a')
  const main = realpathSync(fileURLToPath(import.meta.resolve(`../main${extension()}`)))
  const unlessSet = (option: ConfigOption<unknown>, value: string): readonly string[] =>
    configuration.originOf(option) === undefined ? ['--set', `${option.key}=${value}`] : []
  const places = [
    ...unlessSet(ioTmpDirs, directory.temporaryPath),
    ...unlessSet(checkpointingDirectory, directory.checkpointPath),
  ]
  const child = spawn(
    process.execPath,
    [...process.execArgv, main, ...words, ...configurationWords, ...places],
    { detached: true, stdio: ['ignore', log, log, 'ipc'] },
  )
  closeSync(log)
  const processId = child.pid
  const startTime = processId === undefined ? undefined : processStartTime(processId)
  if (processId === undefined || startTime === undefined) {
    throw startFailed(name, 'it could not be started', logPath)
  }
  const ready = untilReady(child, name, logPath).finally(() => {
    if (child.connected) child.disconnect()
    child.unref()
  })
  // Awaited by the caller; a second failure while the first is handled is no surprise.
  ready.catch(() => {})
  return { process: { name, processId, startTime }, ready }
}

/** This file runs from source or compiled; so do the processes it starts. */
function extension(): string {
  return import.meta.url.endsWith('.ts') ? '.ts' : '.js'
}

function untilReady(child: ChildProcess, name: string, logPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(startFailed(name, `it was not ready after ${readyMsMax} ms`, logPath)),
      readyMsMax,
    )
    const settle = (action: () => void): void => {
      clearTimeout(timer)
      action()
    }
    child.on('error', (error) =>
      settle(() => reject(startFailed(name, error.message, logPath, error))),
    )
    child.on('exit', (code, signal) =>
      settle(() => reject(startFailed(name, `it ended with ${signal ?? `code ${code}`}`, logPath))),
    )
    child.on('message', (report: ProcessReport) =>
      settle(() => {
        if (report.kind === 'ready') resolve(report.address)
        else reject(errorFromInfo(report.failure satisfies ErrorInfo))
      }),
    )
  })
}

function refuseSecondCluster(directory: ClusterDirectory): void {
  const record = directory.read()
  const running = record?.processes.filter((each) => isRunning(each)) ?? []
  if (running.length === 0) return
  const names = running.map(({ name, processId }) => `${name} (process ${processId})`).join(', ')
  const at = record?.address ? ` at ${record.address}` : ''
  throw new MillraceError(
    'CLUSTER_RUNS_ALREADY',
    `A cluster of ${directory.path} runs already${at}: ${names}. End it with ` +
      '`millrace cluster stop`, or start another one with --dir and --set jobmanager.rpc.port=….',
    { blame: 'user', disposition: 'reject-request', details: { directory: directory.path } },
  )
}

function startFailed(
  name: string,
  problem: string,
  logPath: string,
  cause?: unknown,
): MillraceError {
  const tail = readTail(logPath)
  return new MillraceError(
    'CLUSTER_START_FAILED',
    `The ${name} did not start: ${problem}. Its log is ${logPath}` +
      `${tail === '' ? ' and is empty.' : `, which ends with:\n${tail}`}`,
    { cause, blame: 'external', disposition: 'reject-request', details: { process: name } },
  )
}

function readTail(path: string): string {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-logTailLines).join('\n')
  } catch {
    return ''
  }
}
