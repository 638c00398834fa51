import { MillraceError } from '@millrace/core'

const temporaryEnd = '.tmp'
const partBytesMax = 255

/** Whether this is what an unfinished write left. */
export function isTemporaryName(name: string): boolean {
  return name.endsWith(temporaryEnd)
}

/**
 * Refuses what is no name of a file in checkpoint storage: names are relative, have parts between
 * `/`, and cannot lead out of the job's directory. What reads names out of files must not trust
 * them.
 *
 * @throws MillraceError ARGUMENT_INVALID
 */
export function checkStorageName(name: string): void {
  const reason = isStorageName(name) ? undefined : 'must be relative, without . or .. in it'
  if (reason !== undefined) refuse(name, reason)
}

/** The same for a name that is to be written. */
export function checkWrittenName(name: string): void {
  checkStorageName(name)
  if (isTemporaryName(name)) refuse(name, `must not end in ${temporaryEnd}`)
}

/** The same for a folder; '' is the job's directory itself. */
export function checkStorageFolder(folder: string): void {
  if (folder !== '') checkStorageName(folder)
}

export function isStorageName(name: string): boolean {
  return name.split('/').every(isPart)
}

function isPart(part: string): boolean {
  if (part === '' || part === '.' || part === '..') return false
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no file name has them
  return Buffer.byteLength(part) <= partBytesMax && !/[\0-\x1f\\]/.test(part)
}

function refuse(name: string, reason: string): never {
  throw new MillraceError(
    'ARGUMENT_INVALID',
    `${JSON.stringify(name)} is no name of a file in checkpoint storage: it ${reason}.`,
    { details: { name } },
  )
}
