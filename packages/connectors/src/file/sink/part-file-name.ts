// Names of the files of a FileSink:
//
//   part-<subtask>-<number>                          finished
//   .part-<subtask>-<number>.<unique>.inprogress     not published yet
//
// Unique is <job>-<attempt>-<checkpoint>-<time>: who writes the file, the checkpoint it began with,
// or 0, and when, in base 36. A new JobManager counts attempts from 0 again, so the time is needed.

export interface FinishedName {
  readonly kind: 'finished'
  readonly subtaskIndex: number
  readonly partNumber: number
}

export interface InProgressName {
  readonly kind: 'in-progress'
  readonly subtaskIndex: number
  readonly partNumber: number
  readonly jobId: string
  readonly attemptNumber: number
  /** 0 for an attempt that began with none. */
  readonly restoredCheckpointId: number
  /** When the writer was opened; wall clock. */
  readonly openedAtMs: number
}

export type PartFileName = FinishedName | InProgressName

export function finishedName(subtaskIndex: number, partNumber: number): string {
  return `part-${subtaskIndex}-${partNumber}`
}

export function inProgressName(name: Omit<InProgressName, 'kind'>): string {
  const { subtaskIndex, partNumber, jobId, attemptNumber, restoredCheckpointId } = name
  const time = name.openedAtMs.toString(36)
  const unique = `${jobId}-${attemptNumber}-${restoredCheckpointId}-${time}`
  return `.${finishedName(subtaskIndex, partNumber)}.${unique}.inprogress`
}

const finished = /^part-(\d+)-(\d+)$/
const inProgress = /^\.part-(\d+)-(\d+)\.([0-9a-f]+)-(\d+)-(\d+)-([0-9a-z]+)\.inprogress$/

/** undefined for a file that no FileSink made. */
export function parsePartFileName(name: string): PartFileName | undefined {
  const ofFinished = finished.exec(name)
  if (ofFinished !== null) {
    const [, subtask, part] = ofFinished
    return { kind: 'finished', subtaskIndex: Number(subtask), partNumber: Number(part) }
  }
  const ofInProgress = inProgress.exec(name)
  if (ofInProgress === null) return undefined
  const [, subtask, part, jobId = '', attempt, checkpoint, time = ''] = ofInProgress
  return {
    kind: 'in-progress',
    subtaskIndex: Number(subtask),
    partNumber: Number(part),
    jobId,
    attemptNumber: Number(attempt),
    restoredCheckpointId: Number(checkpoint),
    openedAtMs: Number.parseInt(time, 36),
  }
}

/** Path of the folder that a file is in. */
export function folderOf(path: string): string {
  return path.slice(0, lastSeparator(path))
}

export function nameOf(path: string): string {
  return path.slice(lastSeparator(path) + 1)
}

function lastSeparator(path: string): number {
  return Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'))
}
