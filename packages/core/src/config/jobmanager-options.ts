import type { ConfigOption } from './config-option.ts'
import { duration, memorySize, text, wholeNumber } from './value-schema.ts'

export const jobManagerBindHost: ConfigOption<string> = {
  key: 'jobmanager.bind-host',
  schema: text('a host name or address'),
  default: 'localhost',
  description:
    'Network interface that the JobManager listens on; `0.0.0.0` is all of them. Anyone who ' +
    'reaches it can run code, so it is the loopback interface unless you choose another.',
  aliases: [],
  scope: 'jobmanager',
}

export const jobManagerJobHostHeapSize: ConfigOption<number> = {
  key: 'jobmanager.job-host.heap-size',
  schema: memorySize(),
  default: '0',
  description:
    "Bound of the JavaScript heap of the thread that hosts a job's module and its split " +
    "enumerators. 0 is Node's default.",
  aliases: [],
  scope: 'jobmanager',
}

export const jobManagerJobHostBuildTimeout: ConfigOption<number> = {
  key: 'jobmanager.job-host.build-timeout',
  schema: duration({ minMs: 100 }),
  default: '1 min',
  description:
    "How long importing a job's module and calling its job function may take before the " +
    'submission fails.',
  aliases: [],
  scope: 'jobmanager',
}

export const jobStoreMaxCapacity: ConfigOption<number> = {
  key: 'jobstore.max-capacity',
  schema: wholeNumber({ min: 0, max: 10_000 }),
  default: '100',
  description: 'How many ended jobs the JobManager remembers; the oldest are forgotten first.',
  aliases: [],
  scope: 'jobmanager',
}
