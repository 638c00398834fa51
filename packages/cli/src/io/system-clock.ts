import type { Clock, Timer } from '@millrace/core'

/** The longest that Node waits; a longer `setTimeout` would fire at once. */
const delayMsMax = 2 ** 31 - 1

/** The clock of the machine. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now()
  }

  monotonicMs(): number {
    return performance.now()
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    let timeout: NodeJS.Timeout
    const wait = (restMs: number): void => {
      const next = restMs <= delayMsMax ? callback : () => wait(restMs - delayMsMax)
      timeout = setTimeout(next, Math.min(restMs, delayMsMax))
    }
    wait(delayMs)
    return { cancel: () => clearTimeout(timeout) }
  }

  setImmediate(callback: () => void): void {
    setImmediate(callback)
  }
}
