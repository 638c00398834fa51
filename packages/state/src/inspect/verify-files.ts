import { MillraceError } from '@millrace/core'
import { type CheckpointFile, parseStateFileName } from '../checkpoint/checkpoint-files.ts'
import { Sha256 } from '../io/checksum.ts'
import type { RangeSource } from './segment-file.ts'

export interface FileProblem {
  /** Relative to the savepoint's folder, or to that of the checkpoint's job. */
  readonly file: string
  readonly problem: string
}

const readBytes = 1024 * 1024

/** Compares size and SHA-256 of files with what their names and handles say, a piece at a time. */
export async function verifyFiles(
  source: RangeSource,
  files: readonly CheckpointFile[],
): Promise<readonly FileProblem[]> {
  const problems: FileProblem[] = []
  for (const file of files) {
    const problem = await problemOf(source, file)
    if (problem !== undefined) problems.push({ file: file.name, problem })
  }
  return problems
}

async function problemOf(
  source: RangeSource,
  { name, sizeBytes }: CheckpointFile,
): Promise<string | undefined> {
  const hash = new Sha256()
  let offset = 0
  try {
    for (;;) {
      const bytes = await source.readRange(name, offset, readBytes)
      hash.update(bytes)
      offset += bytes.length
      if (bytes.length < readBytes) break
    }
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    return error.message
  }
  if (offset !== sizeBytes) return `it has ${offset} bytes, ${sizeBytes} were written`
  const digest = hash.digest()
  if (parseStateFileName(name)?.sha256 === digest) return undefined
  return `its SHA-256 is ${digest}`
}
