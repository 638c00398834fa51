import { MillraceError } from '../errors.ts'
import {
  configNameOfVariable,
  configOptionNamed,
  nearestConfigKey,
  nearestVariable,
} from './config-options.ts'
import { type ConfigEntry, Configuration } from './configuration.ts'

/** Where settings come from; each wins over the ones before it. */
export interface ConfigurationSources {
  /** Of the YAML file, in its order. */
  readonly file?: readonly ConfigEntry[]
  /** The environment of the process; variables that begin with `MILLRACE_` are settings. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Of the command line: `--set key=value` and options that stand for a key. */
  readonly flags?: readonly ConfigEntry[]
}

/** Variables that are no setting but are read elsewhere. */
export const reservedVariables: readonly string[] = [
  'MILLRACE_CONFIG_FILE',
  'MILLRACE_CLUSTER_DIRECTORY',
]

/**
 * The configuration of a process: file, then environment, then flags.
 * Throws CONFIG_KEY_UNKNOWN or CONFIG_VALUE_INVALID.
 */
export function loadConfiguration(sources: ConfigurationSources): Configuration {
  return Configuration.empty
    .with(sources.file ?? [])
    .with(environmentEntries(sources.environment ?? {}))
    .with(sources.flags ?? [])
}

/** The entry of one `--set key=value`. Throws CONFIG_VALUE_INVALID where there is no `=`. */
export function parseSetFlag(text: string): ConfigEntry {
  const position = text.indexOf('=')
  if (position > 0) {
    return { key: text.slice(0, position).trim(), value: text.slice(position + 1), origin: '--set' }
  }
  const option = configOptionNamed(text)
  const expected = option?.schema.description ?? 'a value'
  throw new MillraceError(
    'CONFIG_VALUE_INVALID',
    `--set ${text} has no value: write --set ` +
      `${option?.key ?? nearestConfigKey(text) ?? 'key'}=value, with ${expected}.`,
    { blame: 'user', disposition: 'reject-request', details: { key: text } },
  )
}

function environmentEntries(
  environment: Readonly<Record<string, string | undefined>>,
): readonly ConfigEntry[] {
  const entries: ConfigEntry[] = []
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith('MILLRACE_') || value === undefined) continue
    const key = configNameOfVariable(variable)
    if (reservedVariables.includes(variable) || isServiceLink(variable, value)) continue
    if (key === undefined) throw unknownVariable(variable)
    entries.push({ key, value, origin: `environment variable ${variable}` })
  }
  return entries
}

// Kubernetes tells every container about every service by variables: a service called
// `millrace-jobmanager` becomes MILLRACE_JOBMANAGER_PORT=tcp://10.0.0.7:6123 and six more.
const serviceLink = /_SERVICE_HOST$|_SERVICE_PORT(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_\w+)?$/

function isServiceLink(variable: string, value: string): boolean {
  return serviceLink.test(variable) || (variable.endsWith('_PORT') && /^\w+:\/\//.test(value))
}

function unknownVariable(variable: string): MillraceError {
  const suggestion = nearestVariable(variable)
  const advice =
    suggestion === undefined
      ? 'docs/configuration.md lists every key and its variable.'
      : `Did you mean ${suggestion}?`
  return new MillraceError(
    'CONFIG_KEY_UNKNOWN',
    `The environment variable ${variable} stands for no configuration key. ${advice}`,
    { blame: 'user', disposition: 'reject-request', details: { key: variable } },
  )
}
