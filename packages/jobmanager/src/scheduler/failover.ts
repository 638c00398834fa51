import type { ErrorInfo } from '@millrace/core'
import type { Region } from './region.ts'
import { isConsequence } from './scheduling-errors.ts'

/** A restart to come: of these regions, when all their tasks are over and the delay is. */
export class Failover {
  readonly dueMs: number
  readonly #regions = new Set<Region>()
  #cause: ErrorInfo
  #isDue: boolean

  constructor(cause: ErrorInfo, nowMs: number, delayMs: number) {
    this.#cause = cause
    this.dueMs = nowMs + delayMs
    this.#isDue = delayMs === 0
  }

  get regions(): ReadonlySet<Region> {
    return this.#regions
  }

  get isReady(): boolean {
    return this.#isDue && [...this.#regions].every((region) => region.state === 'restarting')
  }

  add(region: Region): void {
    this.#regions.add(region)
  }

  onDelayOver(): void {
    this.#isDue = true
  }

  /** Whether a failure that came later explains the one that began this. */
  isExplainedBy(failure: ErrorInfo): boolean {
    if (!isConsequence(this.#cause) || isConsequence(failure)) return false
    this.#cause = failure
    return true
  }
}
