import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a directory and those above it, if they are missing. Node's own recursive mkdir tries for
 * ever below a link that leads nowhere, and below /proc.
 */
export function makeDirectorySync(path: string, mode?: number): void {
  if (isThereOrMade(path, mode)) return
  makeDirectorySync(dirname(path), mode)
  mkdirUnlessThere(path, mode)
}

/** False where the directory above is missing. */
function isThereOrMade(path: string, mode: number | undefined): boolean {
  try {
    mkdirUnlessThere(path, mode)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && dirname(path) !== path) return false
    throw error
  }
}

function mkdirUnlessThere(path: string, mode: number | undefined): void {
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
