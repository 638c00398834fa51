import type { Random } from '@millrace/core'
import type { JobConfiguration } from '../job-master/job-configuration.ts'
import { ExponentialDelayRestartStrategy } from './exponential-delay-restart-strategy.ts'
import { FailureRateRestartStrategy } from './failure-rate-restart-strategy.ts'
import { FixedDelayRestartStrategy } from './fixed-delay-restart-strategy.ts'
import { NoneRestartStrategy } from './none-restart-strategy.ts'
import type { RestartStrategy } from './restart-strategy.ts'

const names: Readonly<
  Record<string, (config: JobConfiguration, random: Random) => RestartStrategy>
> = {
  none: () => new NoneRestartStrategy(),
  off: () => new NoneRestartStrategy(),
  disable: () => new NoneRestartStrategy(),
  'fixed-delay': fixedDelay,
  fixeddelay: fixedDelay,
  'failure-rate': failureRate,
  failurerate: failureRate,
  'exponential-delay': exponentialDelay,
  exponentialdelay: exponentialDelay,
}

/**
 * The strategy the job's configuration asks for, by Flink's keys. Without any it is
 * exponential-delay, whether or not the job takes checkpoints: a job without them starts again at
 * its sources. Throws CONFIG_VALUE_INVALID.
 */
export function configuredRestartStrategy(
  config: JobConfiguration,
  random: Random,
): RestartStrategy {
  const known = ['exponential-delay', 'fixed-delay', 'failure-rate', 'none']
  const name = config.choice('restart-strategy.type', 'exponential-delay', known, names)
  return name(config, random)
}

function fixedDelay(config: JobConfiguration): RestartStrategy {
  const prefix = 'restart-strategy.fixed-delay'
  return new FixedDelayRestartStrategy({
    attempts: config.count(`${prefix}.attempts`, 1),
    delayMs: config.durationMs(`${prefix}.delay`, 1_000),
  })
}

function failureRate(config: JobConfiguration): RestartStrategy {
  const prefix = 'restart-strategy.failure-rate'
  return new FailureRateRestartStrategy({
    failuresPerIntervalMax: config.count(`${prefix}.max-failures-per-interval`, 1),
    intervalMs: config.durationMs(`${prefix}.failure-rate-interval`, 60_000),
    delayMs: config.durationMs(`${prefix}.delay`, 1_000),
  })
}

function exponentialDelay(config: JobConfiguration, random: Random): RestartStrategy {
  const prefix = 'restart-strategy.exponential-delay'
  return new ExponentialDelayRestartStrategy(
    {
      initialBackoffMs: config.durationMs(`${prefix}.initial-backoff`, 1_000),
      maxBackoffMs: config.durationMs(`${prefix}.max-backoff`, 60_000),
      backoffMultiplier: config.fraction(`${prefix}.backoff-multiplier`, 1.5, { min: 1 }),
      jitterFactor: config.fraction(`${prefix}.jitter-factor`, 0.1, { min: 0, max: 1 }),
      resetBackoffThresholdMs: config.durationMs(`${prefix}.reset-backoff-threshold`, 3_600_000),
      attemptsBeforeResetBackoff: config.count(
        `${prefix}.attempts-before-reset-backoff`,
        Number.POSITIVE_INFINITY,
      ),
    },
    random,
  )
}
