import {
  type ConfigEntry,
  Configuration,
  loadConfiguration,
  parseSetFlag,
} from '@millrace/core/config'
import type { Argv } from 'yargs'
import { usageError } from '../terminal/failure-report.ts'

/** Options by which a command gets its configuration. */
export interface ConfigurationArguments {
  readonly config: string | undefined
  readonly set: readonly string[] | undefined
}

export interface ClientArguments extends ConfigurationArguments {
  readonly jobmanager: string | undefined
}

const configurationGroup = 'Configuration:'

export function configurationOptions<T>(yargs: Argv<T>): Argv<T & ConfigurationArguments> {
  return yargs
    .option('config', {
      group: configurationGroup,
      type: 'string',
      requiresArg: true,
      describe: 'YAML file with settings',
    })
    .option('set', {
      group: configurationGroup,
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'Setting key=value, as often as needed; wins over file and environment',
    })
}

export function clientOptions<T>(yargs: Argv<T>): Argv<T & ClientArguments> {
  return configurationOptions(yargs).option('jobmanager', {
    group: configurationGroup,
    alias: 'm',
    type: 'string',
    requiresArg: true,
    describe: 'Address of the JobManager, host:port',
  })
}

/**
 * File, environment, then flags: `--set` and options that stand for a key, which win over it.
 * Only a flag counts as said for one job, so flags are also returned by themselves.
 */
export async function loadCommandConfiguration(
  args: ConfigurationArguments,
  optionEntries: readonly ConfigEntry[] = [],
): Promise<{ readonly configuration: Configuration; readonly flags: Configuration }> {
  const flags = [...(args.set ?? []).map((text) => parseSetFlag(text)), ...optionEntries]
  const path = args.config ?? process.env['MILLRACE_CONFIG_FILE']
  let file: readonly ConfigEntry[] = []
  if (path !== undefined && path !== '') {
    const { readConfigurationFile } = await import('../io/configuration-file.ts')
    file = await readConfigurationFile(path)
  }
  return {
    configuration: loadConfiguration({ file, environment: process.env, flags }),
    flags: Configuration.empty.with(flags),
  }
}

/** The entry an option stands for, if it was given. */
export function optionEntry(
  option: string,
  key: string,
  value: string | undefined,
): readonly ConfigEntry[] {
  return value === undefined ? [] : [{ key, value, origin: option }]
}

/** `--jobmanager host:port` as settings. */
export function jobManagerEntries(text: string | undefined): readonly ConfigEntry[] {
  if (text === undefined) return []
  const match = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(text)
  if (match === null) {
    throw usageError(`--jobmanager takes host:port, such as localhost:6123, not '${text}'.`)
  }
  const [, host = '', port = ''] = match
  return [
    { key: 'jobmanager.rpc.address', value: host.replace(/^\[|\]$/g, ''), origin: '--jobmanager' },
    { key: 'jobmanager.rpc.port', value: port, origin: '--jobmanager' },
  ]
}
