import { type Random, unreachable } from '@millrace/core'
import {
  type Configuration,
  restartStrategyExponentialDelayAttempts,
  restartStrategyExponentialDelayBackoffMultiplier,
  restartStrategyExponentialDelayInitialBackoff,
  restartStrategyExponentialDelayJitterFactor,
  restartStrategyExponentialDelayMaxBackoff,
  restartStrategyExponentialDelayResetThreshold,
  restartStrategyFailureRateDelay,
  restartStrategyFailureRateInterval,
  restartStrategyFailureRateMaxFailures,
  restartStrategyFixedDelayAttempts,
  restartStrategyFixedDelayDelay,
  restartStrategyType,
} from '@millrace/core/config'
import { ExponentialDelayRestartStrategy } from './exponential-delay-restart-strategy.ts'
import { FailureRateRestartStrategy } from './failure-rate-restart-strategy.ts'
import { FixedDelayRestartStrategy } from './fixed-delay-restart-strategy.ts'
import { NoneRestartStrategy } from './none-restart-strategy.ts'
import type { RestartStrategy } from './restart-strategy.ts'

/**
 * The strategy the job's configuration asks for. Without one it is exponential-delay, whether or
 * not the job takes checkpoints: a job without them starts again at its sources.
 */
export function configuredRestartStrategy(config: Configuration, random: Random): RestartStrategy {
  const type = config.get(restartStrategyType)
  switch (type) {
    case 'none':
      return new NoneRestartStrategy()
    case 'fixed-delay':
      return new FixedDelayRestartStrategy({
        attempts: config.get(restartStrategyFixedDelayAttempts),
        delayMs: config.get(restartStrategyFixedDelayDelay),
      })
    case 'failure-rate':
      return new FailureRateRestartStrategy({
        failuresPerIntervalMax: config.get(restartStrategyFailureRateMaxFailures),
        intervalMs: config.get(restartStrategyFailureRateInterval),
        delayMs: config.get(restartStrategyFailureRateDelay),
      })
    case 'exponential-delay':
      return exponentialDelay(config, random)
    default:
      return unreachable(type)
  }
}

function exponentialDelay(config: Configuration, random: Random): RestartStrategy {
  const attempts = config.get(restartStrategyExponentialDelayAttempts)
  return new ExponentialDelayRestartStrategy(
    {
      initialBackoffMs: config.get(restartStrategyExponentialDelayInitialBackoff),
      maxBackoffMs: config.get(restartStrategyExponentialDelayMaxBackoff),
      backoffMultiplier: config.get(restartStrategyExponentialDelayBackoffMultiplier),
      jitterFactor: config.get(restartStrategyExponentialDelayJitterFactor),
      resetBackoffThresholdMs: config.get(restartStrategyExponentialDelayResetThreshold),
      attemptsBeforeResetBackoff: attempts ?? Number.POSITIVE_INFINITY,
    },
    random,
  )
}
