import { resolve } from 'node:path'
import type { ConfigEntry } from '@millrace/core/config'
import type { Argv } from 'yargs'
import { usageError } from '../terminal/failure-report.ts'
import { optionEntry } from './configuration-arguments.ts'

/** What a job is to begin with. */
export interface RestoreArguments {
  readonly 'from-savepoint': string | undefined
  readonly 'drop-state': readonly string[] | undefined
}

const restoreGroup = 'Savepoint:'

export function restoreOptions<T>(yargs: Argv<T>): Argv<T & RestoreArguments> {
  return yargs
    .option('from-savepoint', {
      group: restoreGroup,
      alias: 's',
      type: 'string',
      requiresArg: true,
      describe: 'Begin with this savepoint, or retained checkpoint (…/chk-<n>)',
    })
    .option('drop-state', {
      group: restoreGroup,
      type: 'string',
      array: true,
      nargs: 1,
      describe:
        "Begin without this state of it: 'operator' or 'operator/state', as often as needed",
    })
}

/** The settings that the options stand for. */
export function restoreEntries(
  { 'from-savepoint': fromSavepoint, 'drop-state': dropState }: RestoreArguments,
  claimMode?: string,
): readonly ConfigEntry[] {
  if (fromSavepoint === undefined) {
    if (dropState === undefined && claimMode === undefined) return []
    throw usageError('--drop-state and --claim-mode say something of --from-savepoint: add it.')
  }
  const withSeparator = dropState?.find((each) => each.includes(';'))
  if (withSeparator !== undefined) {
    throw usageError(`--drop-state '${withSeparator}' has a ';': name one state, and repeat it.`)
  }
  const key = 'execution.state-recovery'
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(fromSavepoint)
  const path = isUrl ? fromSavepoint : resolve(fromSavepoint)
  return [
    ...optionEntry('--from-savepoint', `${key}.path`, path),
    ...optionEntry('--drop-state', `${key}.drop-state`, dropState?.join(';')),
    ...optionEntry('--claim-mode', `${key}.claim-mode`, claimMode),
  ]
}
