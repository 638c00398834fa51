import { parseS3Location } from '@millrace/state'

/** Of POSIX or Windows. */
const absolutePath = /^(\/|[A-Za-z]:[\\/]|\\\\)/

/** Whether it means the same place for every process. */
export function isAbsoluteLocation(location: string): boolean {
  return parseS3Location(location) !== undefined || absolutePath.test(location)
}
