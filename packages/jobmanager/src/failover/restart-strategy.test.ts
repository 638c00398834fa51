import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '@millrace/core'
import { Configuration } from '@millrace/core/config'
import { configuredRestartStrategy } from './restart-strategy-configuration.ts'

const random = new SeededRandom(7)

/** The strategy of these settings; delays without jitter. */
function strategy(config: Readonly<Record<string, string>>) {
  const jitter = { 'restart-strategy.exponential-delay.jitter-factor': '0' }
  const configuration = Configuration.empty.withRecord({ ...jitter, ...config }, 'the test')
  return configuredRestartStrategy(configuration, random)
}

interface Case {
  readonly name: string
  readonly config: Readonly<Record<string, string>>
  /** When the job fails, and what is decided: a delay, or 'give-up'. */
  readonly failures: readonly (readonly [atMs: number, decision: number | 'give-up'])[]
}

const fixedDelay = {
  'restart-strategy.type': 'fixed-delay',
  'restart-strategy.fixed-delay.attempts': '2',
  'restart-strategy.fixed-delay.delay': '500 ms',
}
const failureRate = {
  'restart-strategy.type': 'failure-rate',
  'restart-strategy.failure-rate.max-failures-per-interval': '2',
  'restart-strategy.failure-rate.failure-rate-interval': '1 min',
  'restart-strategy.failure-rate.delay': '2 s',
}

const cases: readonly Case[] = [
  {
    name: 'none never restarts',
    config: { 'restart-strategy.type': 'none' },
    failures: [[0, 'give-up']],
  },
  {
    name: 'fixed-delay restarts as often as it may',
    config: fixedDelay,
    failures: [
      [0, 500],
      [1_000_000, 500],
      [2_000_000, 'give-up'],
    ],
  },
  {
    name: 'failure-rate gives up when failures come too fast',
    config: failureRate,
    failures: [
      [0, 2_000],
      [10_000, 2_000],
      [59_999, 'give-up'],
    ],
  },
  {
    name: 'failure-rate forgets failures older than the interval',
    config: failureRate,
    failures: [
      [0, 2_000],
      [50_000, 2_000],
      [60_000, 2_000],
      [110_000, 2_000],
    ],
  },
  {
    name: 'exponential-delay, the default, restarts at once and then ever later, up to its bound',
    config: {},
    failures: [
      [0, 0],
      [10, 1_000],
      [2_000, 1_500],
      [4_000, 2_250],
      ...Array.from({ length: 9 }, (_, index) => [10_000 + index, 0] as const).map(
        ([atMs], index) =>
          [atMs, Math.min(60_000, Math.round(1_000 * 1.5 ** (index + 3)))] as const,
      ),
      [400_000, 60_000],
    ],
  },
  {
    name: 'exponential-delay begins anew after the job ran long enough',
    config: { 'restart-strategy.exponential-delay.reset-backoff-threshold': '10 s' },
    failures: [
      [0, 0],
      [100, 1_000],
      [11_000, 1_500],
      [22_500, 0],
    ],
  },
  {
    name: 'exponential-delay gives up after a number of attempts in a row if it is told to',
    config: { 'restart-strategy.exponential-delay.attempts-before-reset-backoff': '2' },
    failures: [
      [0, 0],
      [1, 1_000],
      [2_000, 'give-up'],
    ],
  },
]

for (const { name, config, failures } of cases) {
  test(name, () => {
    const tested = strategy(config)
    const decisions = failures.map(([atMs]) => {
      const decision = tested.onFailure(atMs)
      return [atMs, decision.kind === 'restart' ? decision.delayMs : 'give-up']
    })
    assert.deepEqual(decisions, failures)
  })
}

test('jitter moves a delay by at most its fraction, either way', () => {
  const tested = strategy({
    'restart-strategy.exponential-delay.jitter-factor': '0.2',
    'restart-strategy.exponential-delay.backoff-multiplier': '1',
  })
  tested.onFailure(0)
  const delays = Array.from({ length: 200 }, () => {
    const decision = tested.onFailure(0)
    return decision.kind === 'restart' ? decision.delayMs : Number.NaN
  })
  assert.ok(delays.every((delayMs) => delayMs >= 800 && delayMs <= 1_200))
  assert.ok(Math.min(...delays) < 850 && Math.max(...delays) > 1_150)
})

test('giving up says which key allows more', () => {
  const tested = strategy({ ...fixedDelay, 'restart-strategy.fixed-delay.attempts': '0' })
  const decision = tested.onFailure(0)
  assert.match(decision.kind === 'give-up' ? decision.reason : '', /fixed-delay\.attempts/)
})
