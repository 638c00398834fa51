import { MillraceError } from '@millrace/core'
import { SavepointReader } from '@millrace/state/inspect'
import type { Argv } from 'yargs'
import {
  type ConfigurationArguments,
  configurationOptions,
  loadCommandConfiguration,
} from '../commands/configuration-arguments.ts'
import { configuredAccess } from './savepoint-access.ts'

export interface SavepointArguments extends ConfigurationArguments {
  readonly savepoint: string
}

/** What all commands take that look into a savepoint: they read files and need no cluster. */
export function savepointOptions<T>(yargs: Argv<T>): Argv<T & SavepointArguments> {
  return configurationOptions(yargs).positional('savepoint', {
    type: 'string',
    demandOption: true,
    describe: 'Directory of a savepoint, or of a checkpoint that was kept: <dir>/<job>/chk-<n>',
  })
}

export async function openSavepoint(args: SavepointArguments): Promise<SavepointReader> {
  const { configuration } = await loadCommandConfiguration(args)
  return SavepointReader.open(args.savepoint, configuredAccess(configuration))
}

/** Said at the end where nobody asked for more. */
export const crcOnly =
  'What was read was checked by CRC-32; --verify compares the SHA-256 of every file too.'

export interface VerifyArguments {
  readonly verify: boolean
}

export function verifyOption<T>(yargs: Argv<T>): Argv<T & VerifyArguments> {
  return yargs.option('verify', {
    type: 'boolean',
    default: false,
    describe: 'Compare the SHA-256 of every file first; what is read is checked by CRC-32 anyway',
  })
}

/** @throws MillraceError CHECKPOINT_CORRUPT with every file that is not what was written. */
export async function verifyIfAsked(
  savepoint: SavepointReader,
  { verify }: VerifyArguments,
): Promise<void> {
  const problems = verify ? await savepoint.verify() : []
  if (problems.length === 0) return
  const lines = problems.map(({ file, problem }) => `\n  ${file}: ${problem}`)
  throw new MillraceError(
    'CHECKPOINT_CORRUPT',
    `${problems.length} of ${savepoint.metadata.fileCount} files in ` +
      `${savepoint.storage.location} are not what was written:${lines.join('')}`,
    { blame: 'external', disposition: 'reject-request' },
  )
}
