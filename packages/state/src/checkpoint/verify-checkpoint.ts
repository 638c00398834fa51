import {
  ByteReader,
  type ChannelStateHandle,
  type CheckpointStorage,
  type CompletedCheckpoint,
  type ErrorCode,
  MillraceError,
  type OperatorStateHandle,
  readGeneric,
  type SegmentHandle,
  type StateBlob,
} from '@millrace/core'
import { SegmentReader } from '../snapshot/segment-reader.ts'
import { readChannelRecords } from '../storage/channel-records.ts'
import { checkStateBlob } from '../storage/state-blob.ts'
import { checkpointMetadataName } from './checkpoint-files.ts'
import { readCheckpointMetadata } from './completed-checkpoints.ts'

/** What was found wrong with one file of a checkpoint. */
export interface CheckpointProblem {
  /** Relative to the job's directory. */
  readonly file: string
  readonly code: ErrorCode
  readonly message: string
}

export interface CheckpointVerification {
  readonly checkpointId: number
  /** Undefined where its metadata could not be read. */
  readonly completed: CompletedCheckpoint | undefined
  /** Files that were read, and how much that was, metadata excepted. */
  readonly fileCount: number
  readonly sizeBytes: number
  /** None: it can be restored. */
  readonly problems: readonly CheckpointProblem[]
}

/** One that was verified already is not read again: checkpoints share most of their files. */
export type VerifiedFiles = Map<string, CheckpointProblem | undefined>

/**
 * Reads every file that a checkpoint names, and checks of each its size, the SHA-256 in its name,
 * and that it can be decoded. Whatever is wrong is reported; it rejects only for bugs. Checkpoints
 * of one job that are verified one after the other share `verified`.
 */
export async function verifyCheckpoint(
  storage: CheckpointStorage,
  checkpointId: number,
  verified: VerifiedFiles = new Map(),
): Promise<CheckpointVerification> {
  const problems: CheckpointProblem[] = []
  const check = async (file: string, verify: () => Promise<void>): Promise<void> => {
    const problem = await problemOf(file, verify)
    if (problem !== undefined) problems.push(problem)
  }
  let completed: CompletedCheckpoint | undefined
  await check(checkpointMetadataName(checkpointId), async () => {
    completed = await readCheckpointMetadata(storage, checkpointId)
  })
  let fileCount = 0
  let sizeBytes = 0
  // A file is known by all that is said of it: two that disagree cannot both be right.
  const parts = new Map(partsOf(completed).map((part) => [JSON.stringify(part.handle), part]))
  for (const [key, part] of parts) {
    const { name, sizeBytes: size } = part.handle
    fileCount += 1
    sizeBytes += size
    if (!verified.has(key)) {
      verified.set(key, await problemOf(name, () => verifyPart(storage, part)))
    }
    const problem = verified.get(key)
    if (problem !== undefined) problems.push(problem)
  }
  for (const { file, states, blob } of inlineStatesOf(completed)) {
    await check(file, async () => checkOperatorState(file, states, blob.bytes))
  }
  for (const handle of completed === undefined ? [] : channelsOf(completed)) {
    const { blob } = handle
    if (blob.kind !== 'inline') continue
    const file = checkpointMetadataName(checkpointId)
    await check(file, async () => checkChannelState(file, handle, blob.bytes))
  }
  return { checkpointId, completed, fileCount, sizeBytes, problems }
}

type FileBlob = Extract<StateBlob, { readonly kind: 'file' }>
type InlineBlob = Extract<StateBlob, { readonly kind: 'inline' }>

/** A file and what it must hold; `states` undefined: bytes that only their coordinator reads. */
type Part =
  | { readonly kind: 'segment'; readonly handle: SegmentHandle }
  | {
      readonly kind: 'blob'
      readonly handle: FileBlob
      readonly states: OperatorStateHandle['states'] | undefined
    }
  | {
      readonly kind: 'channels'
      readonly handle: FileBlob
      readonly channels: readonly ChannelStateHandle[]
    }

function partsOf(completed: CompletedCheckpoint | undefined): readonly Part[] {
  if (completed === undefined) return []
  const parts: Part[] = []
  for (const { keyed, operator } of subtaskStatesOf(completed)) {
    for (const handle of keyed?.segments ?? []) parts.push({ kind: 'segment', handle })
    if (operator?.blob.kind === 'file') {
      parts.push({ kind: 'blob', handle: operator.blob, states: operator.states })
    }
  }
  for (const channels of channelsByFile(completed).values()) {
    const [first] = channels
    if (first?.blob.kind === 'file') parts.push({ kind: 'channels', handle: first.blob, channels })
  }
  for (const { blob } of completed.coordinators) {
    if (blob.kind === 'file') parts.push({ kind: 'blob', handle: blob, states: undefined })
  }
  return parts
}

function inlineStatesOf(completed: CompletedCheckpoint | undefined): readonly {
  readonly file: string
  readonly states: OperatorStateHandle['states']
  readonly blob: InlineBlob
}[] {
  if (completed === undefined) return []
  const file = checkpointMetadataName(completed.checkpointId)
  return subtaskStatesOf(completed).flatMap(({ operator }) =>
    operator?.blob.kind === 'inline'
      ? [{ file, states: operator.states, blob: operator.blob }]
      : [],
  )
}

function channelsOf({ vertices }: CompletedCheckpoint): readonly ChannelStateHandle[] {
  return vertices.flatMap(({ subtasks }) => subtasks.flatMap(({ channels }) => channels))
}

/** By all that is said of the file. */
function channelsByFile(
  completed: CompletedCheckpoint,
): ReadonlyMap<string, readonly ChannelStateHandle[]> {
  const inFiles = channelsOf(completed).filter(({ blob }) => blob.kind === 'file')
  return Map.groupBy(inFiles, ({ blob }) => JSON.stringify(blob))
}

function subtaskStatesOf({
  vertices,
}: CompletedCheckpoint): CompletedCheckpoint['vertices'][number]['subtasks'][number]['operators'] {
  return vertices.flatMap(({ subtasks }) => subtasks.flatMap(({ operators }) => operators))
}

async function verifyPart(storage: CheckpointStorage, part: Part): Promise<void> {
  const bytes = await storage.read(part.handle.name)
  if (part.kind === 'channels') {
    checkStateBlob(storage, part.handle, bytes)
    for (const channel of part.channels) checkChannelState(part.handle.name, channel, bytes)
    return
  }
  if (part.kind === 'blob') {
    checkStateBlob(storage, part.handle, bytes)
    if (part.states !== undefined) checkOperatorState(part.handle.name, part.states, bytes)
    return
  }
  const work = SegmentReader.verify(bytes, part.handle, storage.location)
  for (let step = work.next(); step.done !== true; ) step = work.next()
}

/** It is, for each state, the array of its items, and nothing more. */
function checkOperatorState(
  file: string,
  states: OperatorStateHandle['states'],
  bytes: Uint8Array,
): void {
  const reader = new ByteReader(bytes)
  let items: unknown
  try {
    items = readGeneric(reader)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw corruptOperatorState(file, error.message)
  }
  const lists: readonly unknown[] = Array.isArray(items) ? items : []
  const isOfStates = lists.length === states.length && lists.every(Array.isArray)
  if (isOfStates && reader.position === bytes.length) return
  throw corruptOperatorState(file, `it does not hold ${states.length} states`)
}

/** Its bytes are so many records as it says, and nothing more. */
function checkChannelState(file: string, handle: ChannelStateHandle, bytes: Uint8Array): void {
  try {
    readChannelRecords(handle, bytes)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new MillraceError(
      'CHECKPOINT_CORRUPT',
      `The channel state in ${file} cannot be decoded: ${error.message}. Restore another one.`,
      { blame: 'external', details: { file } },
    )
  }
}

function corruptOperatorState(file: string, reason: string): MillraceError {
  return new MillraceError(
    'CHECKPOINT_CORRUPT',
    `The operator state in ${file} cannot be decoded: ${reason}. Restore another checkpoint.`,
    { blame: 'external', details: { file } },
  )
}

async function problemOf(
  file: string,
  verify: () => Promise<void>,
): Promise<CheckpointProblem | undefined> {
  try {
    await verify()
    return undefined
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    return { file, code: error.code, message: error.message }
  }
}
