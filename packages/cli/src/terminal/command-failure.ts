import { MillraceError } from '@millrace/core'
import { type ExitCode, exitCodeOfError, exitCodes } from '../exit-code.ts'
import { failureAsJson, renderFailure } from './failure-report.ts'

/** Says on standard error what a command failed with; `words` are those of the command line. */
export function reportCommandFailure(error: unknown, words: readonly string[]): ExitCode {
  const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words
  const isVerbose = own.includes('--verbose')
  const text = own.includes('--json') ? failureAsJson(error) : renderFailure(error, { isVerbose })
  process.stderr.write(`${text}\n`)
  return error instanceof MillraceError ? exitCodeOfError(error.code) : exitCodes.failed
}
