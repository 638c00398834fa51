import type { ConfigOption } from './config-option.ts'
import { duration, fraction, oneOf, trueOrFalse, wholeNumber } from './value-schema.ts'

export const parallelismDefault: ConfigOption<number> = {
  key: 'parallelism.default',
  schema: wholeNumber({ min: 1, max: 32_768 }),
  default: '1',
  description: 'Parallelism of every operator for which the program sets none.',
  aliases: [],
  scope: 'job',
}

export const parallelismOverride: ConfigOption<number | undefined> = {
  key: 'parallelism.override',
  schema: wholeNumber({ min: 1, max: 32_768 }),
  default: undefined,
  description:
    'Parallelism of every operator that has none of its own, whatever `parallelism.default` and ' +
    '`env.setParallelism` say. `millrace rescale` changes it while the job runs.',
  aliases: [],
  scope: 'job',
}

export const parallelismMin: ConfigOption<number | undefined> = {
  key: 'parallelism.min',
  schema: wholeNumber({ min: 1, max: 32_768 }),
  default: undefined,
  description:
    'When slots are missing for longer than `slot.request.timeout`, the job runs with as many as ' +
    'there are, but not with a smaller parallelism than this; it grows back when slots return. ' +
    'Without it such a job fails with SLOTS_MISSING.',
  aliases: ['min-parallelism'],
  scope: 'job',
}

export const pipelineOperatorChainingEnabled: ConfigOption<boolean> = {
  key: 'pipeline.operator-chaining.enabled',
  schema: trueOrFalse(),
  default: 'true',
  description:
    'Whether operators that follow one another without an exchange of records run as one task. ' +
    '`false` shows each operator by itself, at a cost. What the program says wins.',
  aliases: ['pipeline.operator-chaining'],
  scope: 'job',
}

export const slotRequestTimeout: ConfigOption<number> = {
  key: 'slot.request.timeout',
  schema: duration({ minMs: 10 }),
  default: '5 min',
  description:
    'How long a job waits for slots before it fails with SLOTS_MISSING. `millrace status` shows ' +
    'how many it still waits for.',
  aliases: [],
  scope: 'job',
}

export const taskDeploymentTimeout: ConfigOption<number> = {
  key: 'task.deployment.timeout',
  schema: duration({ minMs: 10, isZeroAllowed: true }),
  default: '5 min',
  description:
    'How long the tasks of a region may take from their deployment until all of them run: for ' +
    "the bundle, its import, the job function, every function's `open`, and the connections. " +
    'After it the region fails with TASK_DEPLOYMENT_TIMEOUT. Raise it where `open` loads much; ' +
    '0 sets no bound.',
  aliases: [],
  scope: 'job',
}

export const restartStrategyType: ConfigOption<
  'none' | 'fixed-delay' | 'failure-rate' | 'exponential-delay'
> = {
  key: 'restart-strategy.type',
  schema: oneOf('none', 'fixed-delay', 'failure-rate', 'exponential-delay'),
  default: 'exponential-delay',
  description:
    'What happens when a task fails: give up (`none`), or restart by one of three rules.',
  aliases: ['restart-strategy'],
  scope: 'job',
}

export const restartStrategyFixedDelayAttempts: ConfigOption<number> = {
  key: 'restart-strategy.fixed-delay.attempts',
  schema: wholeNumber({ min: 0 }),
  default: '1',
  description: 'Restarts before the job fails for good, with `fixed-delay`.',
  aliases: [],
  scope: 'job',
}

export const restartStrategyFixedDelayDelay: ConfigOption<number> = {
  key: 'restart-strategy.fixed-delay.delay',
  schema: duration(),
  default: '1 s',
  description: 'Time between a failure and the restart, with `fixed-delay`.',
  aliases: [],
  scope: 'job',
}

export const restartStrategyFailureRateMaxFailures: ConfigOption<number> = {
  key: 'restart-strategy.failure-rate.max-failures-per-interval',
  schema: wholeNumber({ min: 0 }),
  default: '1',
  description: 'Failures within the interval before the job fails for good, with `failure-rate`.',
  aliases: [],
  scope: 'job',
}

export const restartStrategyFailureRateInterval: ConfigOption<number> = {
  key: 'restart-strategy.failure-rate.failure-rate-interval',
  schema: duration({ minMs: 10 }),
  default: '1 min',
  description: 'The interval in which failures are counted, with `failure-rate`.',
  aliases: [],
  scope: 'job',
}

export const restartStrategyFailureRateDelay: ConfigOption<number> = {
  key: 'restart-strategy.failure-rate.delay',
  schema: duration(),
  default: '1 s',
  description: 'Time between a failure and the restart, with `failure-rate`.',
  aliases: [],
  scope: 'job',
}

export const restartStrategyExponentialDelayInitialBackoff: ConfigOption<number> = {
  key: 'restart-strategy.exponential-delay.initial-backoff',
  schema: duration(),
  default: '1 s',
  description:
    'Time before the second restart, with `exponential-delay`; the first one after a quiet time ' +
    'is immediate.',
  aliases: [],
  scope: 'job',
}

export const restartStrategyExponentialDelayMaxBackoff: ConfigOption<number> = {
  key: 'restart-strategy.exponential-delay.max-backoff',
  schema: duration(),
  default: '1 min',
  description: 'Longest time before a restart, with `exponential-delay`.',
  aliases: [],
  scope: 'job',
}

export const restartStrategyExponentialDelayBackoffMultiplier: ConfigOption<number> = {
  key: 'restart-strategy.exponential-delay.backoff-multiplier',
  schema: fraction({ min: 1, max: 100 }),
  default: '1.5',
  description: 'By what the time before a restart grows with each failure.',
  aliases: [],
  scope: 'job',
}

export const restartStrategyExponentialDelayJitterFactor: ConfigOption<number> = {
  key: 'restart-strategy.exponential-delay.jitter-factor',
  schema: fraction({ min: 0, max: 1 }),
  default: '0.1',
  description:
    'Part of the time before a restart that is random, so that jobs do not restart at once.',
  aliases: [],
  scope: 'job',
}

export const restartStrategyExponentialDelayResetThreshold: ConfigOption<number> = {
  key: 'restart-strategy.exponential-delay.reset-backoff-threshold',
  schema: duration(),
  default: '1 h',
  description: 'After this long without a failure the time before a restart begins anew.',
  aliases: [],
  scope: 'job',
}

export const restartStrategyExponentialDelayAttempts: ConfigOption<number | undefined> = {
  key: 'restart-strategy.exponential-delay.attempts-before-reset-backoff',
  schema: wholeNumber({ min: 0 }),
  default: undefined,
  description:
    'Restarts before the job fails for good, with `exponential-delay`; without it, endless.',
  aliases: [],
  scope: 'job',
}
