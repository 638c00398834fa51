import type { ArgumentsCamelCase, Argv } from 'yargs'
import type { ExitCode } from '../exit-code.ts'

/** The code of one command, loaded only when it is called. */
export interface Command {
  /** Declares options and positionals. */
  readonly options: (yargs: Argv) => Argv
  /** Does it; what it rejects with is reported by `main`. */
  readonly run: (args: ArgumentsCamelCase) => Promise<ExitCode>
}

/** A command whose `run` sees the options it declared, with their types. */
export function defineCommand<Options>(
  options: (yargs: Argv) => Argv<Options>,
  run: (args: ArgumentsCamelCase<Options>) => Promise<ExitCode>,
): Command {
  return {
    // Groups named here come first in the help, before what other options are grouped by.
    options: (yargs) => options(yargs.group([], 'Positionals:').group([], 'Options:')) as Argv,
    run: (args) => run(args as ArgumentsCamelCase<Options>),
  }
}
