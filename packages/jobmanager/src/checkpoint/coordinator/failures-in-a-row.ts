import type { ErrorInfo } from '@millrace/core'
import { checkpointFailuresExceeded } from './checkpoint-failures.ts'

/** How many checkpoints failed since the last one that completed, against what the job allows. */
export class FailuresInARow {
  /** undefined: any number. */
  readonly #tolerable: number | undefined
  #count = 0
  #excess: ErrorInfo | undefined

  constructor(tolerable: number | undefined) {
    this.#tolerable = tolerable
  }

  onCompleted(): void {
    this.#count = 0
  }

  onFailed(failure: ErrorInfo): void {
    this.#count += 1
    if (this.#tolerable === undefined || this.#count <= this.#tolerable) return
    const failures = { count: this.#count, tolerable: this.#tolerable }
    this.#count = 0
    this.#excess = checkpointFailuresExceeded(failures, failure)
  }

  /** More failed than the job allows. Told once. */
  takeExcess(): ErrorInfo | undefined {
    const excess = this.#excess
    this.#excess = undefined
    return excess
  }
}
