import { createHash } from 'node:crypto'
import { BundleHash, type CheckpointStorage, JobId, MillraceError } from '@millrace/core'
import type { JobRecord } from './high-availability-services.ts'

type Storage = Pick<CheckpointStorage, 'location' | 'create' | 'read' | 'delete' | 'list'>

/** Files in a map. */
export class MemoryStorage implements Storage {
  readonly location: string = '/ha'
  readonly files: Map<string, Uint8Array> = new Map()
  /** Nothing can be written. */
  isFull = false

  async create(name: string, content: Uint8Array): Promise<boolean> {
    if (this.isFull) throw new MillraceError('FILE_WRITE_FAILED', `no space for ${name}`)
    if (this.files.has(name)) return false
    this.files.set(name, content)
    return true
  }

  async read(name: string): Promise<Uint8Array> {
    const content = this.files.get(name)
    if (content !== undefined) return content
    throw new MillraceError('FILE_NOT_FOUND', `${name} does not exist`)
  }

  async delete(name: string): Promise<void> {
    this.files.delete(name)
  }

  async list(folder: string): Promise<readonly string[]> {
    return [...this.files.keys()].filter((name) => name.startsWith(folder))
  }
}

/** Content of the bundle with this number, and its hash. */
export function bundleOf(index: number): {
  readonly content: Uint8Array
  readonly hash: BundleHash
} {
  const content = new TextEncoder().encode(`bundle ${index}`)
  return { content, hash: BundleHash.parse(createHash('sha256').update(content).digest('hex')) }
}

export function jobIdOf(index: number): JobId {
  return JobId.parse(index.toString(16).padStart(32, '0'))
}

export function jobOf(index: number, bundleIndex: number = index): JobRecord {
  const { content, hash } = bundleOf(bundleIndex)
  return {
    jobId: jobIdOf(index),
    bundle: { hash, sizeBytes: content.length },
    args: { n: String(index) },
    config: { 'parallelism.default': '2' },
    submittedAtMs: index,
  }
}
