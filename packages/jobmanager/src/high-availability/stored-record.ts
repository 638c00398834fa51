import { createHash } from 'node:crypto'
import { BundleHash, JobId, MillraceError } from '@millrace/core'
import type { CheckpointPointer, JobRecord, RecoverableJob } from './high-availability-services.ts'

// A file of the high-availability directory: the SHA-256 of the rest, a line break, JSON.

/** A job and where its bundle is, as submissions and takeovers say it. */
export interface StoredJob {
  readonly job: JobRecord
  /** Name of the file, which an earlier epoch may have written. */
  readonly bundleName: string
}

/** What an epoch begins with: nothing of an earlier epoch counts but what is named here. */
export interface Takeover {
  readonly epoch: number
  /** In the order of submission. */
  readonly jobs: readonly (StoredJob & RecoverableJob)[]
}

export function encodeSubmission({ job, bundleName }: StoredJob): Uint8Array {
  return encode({ ...job, bundleName })
}

export function encodePointer(pointer: CheckpointPointer): Uint8Array {
  return encode(pointer)
}

export function encodeTakeover({ epoch, jobs }: Takeover): Uint8Array {
  return encode({
    epoch,
    jobs: jobs.map(({ job, ...more }) => ({ ...job, ...more })),
  })
}

/** `name` is for the message of HIGH_AVAILABILITY_STORAGE_INVALID. */
export function decodeSubmission(name: string, content: Uint8Array): StoredJob {
  return decode(name, content, toStoredJob)
}

export function decodePointer(name: string, content: Uint8Array): CheckpointPointer {
  return decode(name, content, toPointer)
}

export function decodeTakeover(name: string, content: Uint8Array): Takeover {
  return decode(name, content, (value) => ({
    epoch: toCount(value['epoch']),
    jobs: toArray(value['jobs']).map((each) => ({
      ...toStoredJob(each),
      checkpoints: toArray(each['checkpoints']).map(toPointer),
      restartCount: toCount(each['restartCount']),
    })),
  }))
}

/** A file cannot be what this version wrote. */
export function storedFileInvalid(name: string, reason: string, cause?: unknown): MillraceError {
  return new MillraceError(
    'HIGH_AVAILABILITY_STORAGE_INVALID',
    `${name} in the high-availability directory ${reason}. Bring it back from a backup; deleting ` +
      'it gives up what it says, which may be a job.',
    { cause, blame: 'external', disposition: 'reject-request', details: { name } },
  )
}

type Fields = Readonly<Record<string, unknown>>

function encode(value: object): Uint8Array {
  const json = `${JSON.stringify(value, undefined, 1)}\n`
  return new TextEncoder().encode(`${sha256(json)}\n${json}`)
}

function decode<Value>(
  name: string,
  content: Uint8Array,
  convert: (value: Fields) => Value,
): Value {
  const text = new TextDecoder().decode(content)
  const end = text.indexOf('\n')
  const json = text.slice(end + 1)
  if (end < 0 || text.slice(0, end) !== sha256(json)) {
    throw storedFileInvalid(name, 'is damaged: its content has not the SHA-256 it begins with')
  }
  try {
    return convert(toFields(JSON.parse(json)))
  } catch (error) {
    throw storedFileInvalid(name, 'is not what this version of Millrace writes', error)
  }
}

function toStoredJob(value: Fields): StoredJob {
  const bundle = toFields(value['bundle'])
  return {
    job: {
      jobId: JobId.parse(toText(value['jobId'])),
      bundle: {
        hash: BundleHash.parse(toText(bundle['hash'])),
        sizeBytes: toCount(bundle['sizeBytes']),
      },
      args: toTexts(value['args']),
      config: toTexts(value['config']),
      submittedAtMs: toCount(value['submittedAtMs']),
    },
    bundleName: toText(value['bundleName']),
  }
}

function toPointer(value: Fields): CheckpointPointer {
  return {
    checkpointId: toCount(value['checkpointId']),
    directory: toText(value['directory']),
    restartCount: toCount(value['restartCount']),
    ...('parallelism' in value ? { parallelism: toCount(value['parallelism']) } : {}),
  }
}

function toFields(value: unknown): Fields {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${value} has no fields`)
  return value as Fields
}

function toArray(value: unknown): readonly Fields[] {
  if (!Array.isArray(value)) throw new TypeError(`${value} is no array`)
  return value.map(toFields)
}

function toText(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`${value} is no text`)
  return value
}

function toCount(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw new TypeError(`${value} is no whole number`)
  return value as number
}

function toTexts(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(toFields(value))
  return Object.fromEntries(entries.map(([key, each]) => [key, toText(each)]))
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
