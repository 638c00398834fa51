import { readdirSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { MillraceError } from '@millrace/core'
import { makeDirectorySync } from '@millrace/state/make-directory'
import { processStartTime } from './process-identity.ts'

/** A directory for the temporary files of one process. */
export interface ProcessDirectory {
  readonly path: string
  /** Deletes it with all it holds. */
  remove(): void
}

/**
 * Makes a directory of this process's own below `parent` and deletes those of processes of this
 * machine that were killed before they could do it. Throws FILE_WRITE_FAILED.
 */
export function claimProcessDirectory(parent: string, role: string): ProcessDirectory {
  const prefix = `millrace-${role}-${hostname()}-`
  const path = join(parent, `${prefix}${process.pid}-${processStartTime(process.pid) ?? '0'}`)
  try {
    makeDirectorySync(parent)
    for (const name of readdirSync(parent)) {
      if (name.startsWith(prefix) && isOrphan(name.slice(prefix.length))) {
        rmSync(join(parent, name), { recursive: true, force: true })
      }
    }
    makeDirectorySync(path, 0o700)
  } catch (cause) {
    throw new MillraceError(
      'FILE_WRITE_FAILED',
      `The directory ${path} could not be made: ` +
        `${cause instanceof Error ? cause.message : String(cause)}. Name a writable one with ` +
        'io.tmp.dirs.',
      { cause, blame: 'external', disposition: 'reject-request', details: { path } },
    )
  }
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

function isOrphan(owner: string): boolean {
  const [processId = '', ...startTime] = owner.split('-')
  return processStartTime(Number(processId)) !== startTime.join('-')
}
