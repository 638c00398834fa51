import type { JobArguments } from '@millrace/core'
import type { StreamExecutionEnvironment } from '../environment/stream-execution-environment.ts'

/** A job: its name and the function that builds its graph. Default export of a job module. */
export interface JobDefinition {
  readonly kind: 'millrace-job'
  readonly name: string
  readonly build: JobFunction
}

/** Called anew for every attempt; whatever it makes belongs to that attempt alone. */
export type JobFunction = (
  env: StreamExecutionEnvironment,
  args: JobArguments,
) => void | Promise<void>
