import { supervise } from '@millrace/core'
import type { ChainedOperator } from './chain-generator.ts'
import { OperatorError } from './operator-chain.ts'

/** An operator that may have to wait, with what it waited for last. */
interface Blocker {
  readonly operator: ChainedOperator
  readonly index: number
  promise: Promise<void> | undefined
}

/** The operators of a chain that take no records at times. */
export class ChainBlockers {
  readonly #blockers: readonly Blocker[]
  readonly #wake: () => void

  /** `wake` is called when one that was found blocked takes records again. */
  constructor(operators: readonly ChainedOperator[], wake: () => void) {
    this.#blockers = operators.flatMap((operator, index) =>
      operator.blocked === undefined ? [] : [{ operator, index, promise: undefined }],
    )
    this.#wake = wake
  }

  isBlocked(): boolean {
    let isBlocked = false
    for (const blocker of this.#blockers) {
      const promise = blockedBy(blocker)
      if (promise === undefined) continue
      isBlocked = true
      if (promise === blocker.promise) continue
      blocker.promise = promise
      // Its failure shows in what the operator does next.
      supervise(promise.then(this.#wake, this.#wake), this.#wake)
    }
    return isBlocked
  }
}

function blockedBy({ operator, index }: Blocker): Promise<void> | undefined {
  try {
    return operator.blocked?.()
  } catch (error) {
    throw new OperatorError(error, index)
  }
}
