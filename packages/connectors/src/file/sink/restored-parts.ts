import { type Logger, MillraceError } from '@millrace/core'
import type { OutputFiles } from './output-files.ts'
import { type FileWriterState, PartFile, type PartFileState } from './part-file.ts'
import {
  finishedName,
  folderOf,
  type InProgressName,
  inProgressName,
  nameOf,
  type PartFileName,
  parsePartFileName,
} from './part-file-name.ts'

// Invariants
//  - Files named after a subtask are begun by that subtask alone, and no number is used twice.
//  - What lies in the folder under a number that the restored state does not know was begun by
//    attempts after it that came to nothing: it is obsolete.
//  - What is obsolete goes with the first checkpoint that completes. So an attempt that was cut off
//    and restored late takes away nothing of those after it: it completes no checkpoint.
//  - An attempt goes on with a copy, under a name of its own, and changes no file of another one.
//    What was copied stays until the copy is published: an older checkpoint may name it.

/** Whose files they are. */
export interface WriterPlace {
  /** Absolute. */
  readonly directory: string
  readonly jobId: string
  readonly subtaskIndex: number
  readonly attemptNumber: number
  readonly restoredCheckpointId: number | undefined
  /** Wall clock. */
  readonly openedAtMs: number
  /** Of the monotonic clock. */
  readonly nowMs: number
}

/** What a writer begins with. */
export interface RestoredParts {
  /** Text goes on here. */
  readonly current: PartFile | undefined
  /** To be closed and committed. */
  readonly sealed: readonly PartFile[]
  readonly nextPartNumber: number
  /** To be removed when the first checkpoint completes. */
  readonly obsoletePaths: readonly string[]
}

interface FoundFile {
  readonly path: string
  readonly name: PartFileName
}

/** Looks what is in the folder, and opens the files that the checkpoint says go on. */
export async function restoreParts(
  files: OutputFiles,
  logger: Logger,
  place: WriterPlace,
  restored: readonly FileWriterState[],
): Promise<RestoredParts> {
  const found = await findFiles(files, place.directory)
  const own = restored.find((state) => isOwn(state, place))
  let nextPartNumber = firstFreeNumber(place, own, found)
  const obsolete = new Set<FoundFile>()
  if (place.restoredCheckpointId === undefined) {
    for (const file of await replaceAll(files, place, found)) obsolete.add(file)
  }
  const sealed: PartFile[] = []
  let current: PartFile | undefined
  for (const state of restored) {
    const isHere = state.directory === place.directory
    for (const file of isHere ? found : []) {
      const mayBeLive = state !== own && isOfSameRestore(file, place)
      if (isUnknown(file, state) && !mayBeLive) obsolete.add(file)
    }
    for (const part of state.parts) {
      const isTaken = (await files.sizeOf(part.targetPath)) !== undefined
      const reopened = await reopen(files, place, part, isTaken ? nextPartNumber++ : undefined)
      if (state === own && part === state.parts.at(-1)) current = reopened
      else sealed.push(reopened)
    }
  }
  for (const part of sealed) part.seal()
  const used = [...sealed, ...(current === undefined ? [] : [current])].map(({ path }) => path)
  const obsoletePaths = sayObsolete(logger, obsolete).filter((path) => !used.includes(path))
  return { current, sealed, nextPartNumber, obsoletePaths }
}

async function findFiles(files: OutputFiles, directory: string): Promise<readonly FoundFile[]> {
  return (await files.list(directory)).flatMap((each) => {
    const name = parsePartFileName(each)
    return name === undefined ? [] : [{ path: files.resolve(directory, each), name }]
  })
}

function isOwn(state: FileWriterState, { directory, subtaskIndex }: WriterPlace): boolean {
  return state.subtaskIndex === subtaskIndex && state.directory === directory
}

/** Maybe of the subtask that has the number of another's state now. It has published nothing yet. */
function isOfSameRestore({ name }: FoundFile, place: WriterPlace): boolean {
  return (
    name.kind === 'in-progress' &&
    name.jobId === place.jobId &&
    name.restoredCheckpointId === place.restoredCheckpointId
  )
}

/** The state of the subtask that had this number before may have gone to another one. */
function firstFreeNumber(
  { subtaskIndex }: WriterPlace,
  own: FileWriterState | undefined,
  found: readonly FoundFile[],
): number {
  let free = own?.nextPartNumber ?? 0
  for (const { name } of found) {
    if (name.subtaskIndex === subtaskIndex) free = Math.max(free, name.partNumber + 1)
  }
  return free
}

/**
 * The subtask starts from nothing: what it wrote in an earlier run or attempt is obsolete. What an
 * earlier attempt has in hand goes at once: without checkpoints it might publish it yet.
 */
async function replaceAll(
  files: OutputFiles,
  place: WriterPlace,
  found: readonly FoundFile[],
): Promise<readonly FoundFile[]> {
  const ofSubtask = found.filter(({ name }) => name.subtaskIndex === place.subtaskIndex)
  for (const { path, name } of ofSubtask) {
    if (name.kind === 'in-progress' && isEarlier(name, place)) await files.remove(path)
  }
  return ofSubtask
}

/** One that opens late must leave alone those after it. */
function isEarlier(name: InProgressName, place: WriterPlace): boolean {
  const isOfJob = name.jobId === place.jobId
  return isOfJob && name.attemptNumber < place.attemptNumber && name.openedAtMs <= place.openedAtMs
}

/** Begun after the state was taken: of a later number, or another copy of a part that was open. */
function isUnknown({ path, name }: FoundFile, state: FileWriterState): boolean {
  if (name.subtaskIndex !== state.subtaskIndex) return false
  if (name.partNumber >= state.nextPartNumber) return true
  if (name.kind === 'finished') return false
  const targetName = finishedName(name.subtaskIndex, name.partNumber)
  const part = state.parts.find(({ targetPath }) => nameOf(targetPath) === targetName)
  return part !== undefined && part.path !== path && !part.supersededPaths.includes(path)
}

function sayObsolete(logger: Logger, obsolete: ReadonlySet<FoundFile>): readonly string[] {
  const published = [...obsolete].filter(({ name }) => name.kind === 'finished')
  const paths = published.map(({ path }) => path)
  if (paths.length > 0) {
    const fields = { fileCount: paths.length, first: paths[0] ?? '' }
    logger.warn('published files that no checkpoint knows will be removed', fields)
  }
  return [...obsolete].map(({ path }) => path)
}

/**
 * A copy that goes on. Where not the latest checkpoint was restored, the part may have been
 * published after it: then the copy has a new number and supersedes what was published.
 */
async function reopen(
  files: OutputFiles,
  place: WriterPlace,
  part: PartFileState,
  newNumber: number | undefined,
): Promise<PartFile> {
  const { path, targetPath, validLengthBytes: sizeBytes, supersededPaths } = part
  const sourcePath = (await files.sizeOf(path)) === undefined ? targetPath : path
  const foundBytes = await files.sizeOf(sourcePath)
  if (foundBytes === undefined) throw lost(part)
  if (foundBytes < sizeBytes) throw cutShort(part, sourcePath, foundBytes)
  const { jobId, attemptNumber, restoredCheckpointId = 0, openedAtMs } = place
  const owner = { jobId, attemptNumber, restoredCheckpointId, openedAtMs }
  const name = parsePartFileName(nameOf(targetPath))
  const isSame = newNumber === undefined && name !== undefined
  const target = isSame ? name : { ...place, partNumber: newNumber ?? 0 }
  const folder = isSame ? folderOf(targetPath) : place.directory
  const { subtaskIndex, partNumber } = target
  const copyPath = files.resolve(folder, inProgressName({ subtaskIndex, partNumber, ...owner }))
  const file = await files.copyStart(sourcePath, copyPath, sizeBytes)
  const copied = {
    path: copyPath,
    targetPath: files.resolve(folder, finishedName(subtaskIndex, partNumber)),
    supersededPaths: [...supersededPaths, path, ...(isSame ? [] : [targetPath])],
  }
  return new PartFile(copied, place.nowMs, { file, sizeBytes })
}

function lost({ path, targetPath, validLengthBytes }: PartFileState): MillraceError {
  const message =
    `File ${path} is gone, and so is ${targetPath}; it held ${validLengthBytes} bytes when the ` +
    'restored checkpoint was taken. Somebody removed it, or this machine does not see its ' +
    'folder: every TaskManager must see the same one.'
  return restoreFailed(message, path)
}

function cutShort(
  { validLengthBytes }: PartFileState,
  path: string,
  sizeBytes: number,
): MillraceError {
  const message =
    `File ${path} has ${sizeBytes} bytes, but had ${validLengthBytes} when the restored ` +
    'checkpoint was taken: somebody changed it. Restore an earlier checkpoint.'
  return restoreFailed(message, path)
}

function restoreFailed(message: string, path: string): MillraceError {
  return new MillraceError('FILE_WRITE_FAILED', message, {
    blame: 'external',
    disposition: 'retry',
    details: { path },
  })
}
