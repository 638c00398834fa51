import type { BackendClock } from '../keyed-state-backend.ts'

/** The wall's time is set; that of durations is real. */
export class TestClock implements BackendClock {
  nowMs = 1000

  now(): number {
    return this.nowMs
  }

  monotonicMs(): number {
    return performance.now()
  }

  setImmediate(callback: () => void): void {
    setImmediate(callback)
  }
}
