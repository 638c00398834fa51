import type { RestartDecision, RestartStrategy } from './restart-strategy.ts'

/** The first failure ends the job. */
export class NoneRestartStrategy implements RestartStrategy {
  onFailure(): RestartDecision {
    return { kind: 'give-up', reason: '' }
  }
}
