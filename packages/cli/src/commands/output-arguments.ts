import type { Argv } from 'yargs'

export interface OutputArguments {
  readonly json: boolean
}

/** For commands that have a result. */
export function outputOptions<T>(yargs: Argv<T>): Argv<T & OutputArguments> {
  return yargs.option('json', {
    type: 'boolean',
    default: false,
    describe: 'Print JSON for scripts',
  })
}
