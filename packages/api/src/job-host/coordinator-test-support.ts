import { ExecutionAttemptId, type Logger, silentLogger } from '@millrace/core'
import { ManualClock } from '../operators/clock-test-support.ts'
import type { CoordinatorServices } from './operator-coordinator.ts'

/** What a coordinator does, as it can be seen from outside. */
export class CoordinatorProbe {
  readonly clock: ManualClock = new ManualClock()
  readonly sent: (readonly [subtaskIndex: number, attempt: string, event: unknown])[] = []
  readonly failures: unknown[] = []
  restartsAsOne: boolean = false
  readonly #decode: (event: Uint8Array) => unknown

  constructor(decode: (event: Uint8Array) => unknown) {
    this.#decode = decode
  }

  services(logger: Logger = silentLogger): CoordinatorServices {
    return {
      operatorName: 'orders',
      parallelism: 2,
      restartsAsOne: this.restartsAsOne,
      clock: this.clock,
      logger,
      sendEvent: (subtaskIndex, attemptId, event) => {
        this.sent.push([subtaskIndex, attemptId, this.#decode(event)])
      },
      fail: (error) => void this.failures.push(error),
    }
  }
}

export const attempt = (name: string): ExecutionAttemptId => ExecutionAttemptId.parse(name)
