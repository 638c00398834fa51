import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a directory and those above it, if they are missing, and returns those it made. Node's own
 * recursive mkdir tries for ever below a link that leads nowhere, and below /proc.
 */
export function makeDirectorySync(path: string, mode?: number): readonly string[] {
  const first = attempt(path, mode)
  if (first !== 'nothing above') return first === 'made' ? [path] : []
  const above = makeDirectorySync(dirname(path), mode)
  return mkdirUnlessThere(path, mode) ? [...above, path] : above
}

function attempt(path: string, mode: number | undefined): 'made' | 'there' | 'nothing above' {
  try {
    return mkdirUnlessThere(path, mode) ? 'made' : 'there'
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && dirname(path) !== path) return 'nothing above'
    throw error
  }
}

function mkdirUnlessThere(path: string, mode: number | undefined): boolean {
  try {
    mkdirSync(path, { mode })
    return true
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    return false
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
