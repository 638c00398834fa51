import * as checkpoint from './checkpoint-options.ts'
import * as cluster from './cluster-options.ts'
import type { ConfigOption } from './config-option.ts'
import { nearest } from './edit-distance.ts'
import * as highAvailability from './high-availability-options.ts'
import * as job from './job-options.ts'
import * as jobManager from './jobmanager-options.ts'
import * as s3 from './s3-options.ts'
import * as stateRecovery from './state-recovery-options.ts'
import * as taskManager from './taskmanager-options.ts'

/** Every option there is, grouped as docs/configuration.md shows them. */
export const configOptions: readonly ConfigOption<unknown>[] = [
  cluster,
  jobManager,
  highAvailability,
  taskManager,
  job,
  checkpoint,
  stateRecovery,
  s3,
].flatMap((group) => Object.values<ConfigOption<unknown>>(group))

const optionsByName: ReadonlyMap<string, ConfigOption<unknown>> = new Map(
  configOptions.flatMap((option) =>
    [option.key, ...option.aliases].map((name) => [name, option] as const),
  ),
)

/** The option of this key or alias. */
export function configOptionNamed(name: string): ConfigOption<unknown> | undefined {
  return optionsByName.get(name)
}

/** The key that was probably meant. */
export function nearestConfigKey(key: string): string | undefined {
  const name = nearest(key, [...optionsByName.keys()])
  return name === undefined ? undefined : optionsByName.get(name)?.key
}

/**
 * `MILLRACE_` and the key in capitals, everything but letters and digits as `_`:
 * `MILLRACE_RESTART_STRATEGY_TYPE` sets `restart-strategy.type`.
 */
export function environmentVariableOf(name: string): string {
  return `MILLRACE_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`
}

const namesByVariable: ReadonlyMap<string, string> = new Map(
  [...optionsByName.keys()].map((name) => [environmentVariableOf(name), name]),
)

/** The key or alias that an environment variable sets. */
export function configNameOfVariable(variable: string): string | undefined {
  return namesByVariable.get(variable)
}

/** The variable that was probably meant. */
export function nearestVariable(variable: string): string | undefined {
  return nearest(variable, [...namesByVariable.keys()])
}
