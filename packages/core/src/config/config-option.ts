import type { ValueSchema } from './value-schema.ts'

/**
 * Who reads an option. `cluster`: every process and the command line; `jobmanager`, `taskmanager`:
 * that process when it starts; `job`: the job, so it may also be set by `run --set` and by the
 * program.
 */
export type ConfigScope = 'cluster' | 'jobmanager' | 'taskmanager' | 'job'

/** A setting, declared once. `T` is what `Configuration.get` returns. */
export interface ConfigOption<T> {
  /** Flink's name where Flink has one. */
  readonly key: string
  readonly schema: ValueSchema<NonNullable<T>>
  /** As a user would write it; undefined where there is none. */
  readonly default: string | undefined
  /** Full sentences, for docs/configuration.md. */
  readonly description: string
  /** Other names that are understood, Flink's older ones first. */
  readonly aliases: readonly string[]
  readonly scope: ConfigScope
}
