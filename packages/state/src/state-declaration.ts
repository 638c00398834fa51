import { MillraceError, type StateDescription } from '@millrace/core'
import type { StoredState } from './snapshot/segment-format.ts'
import { requireSameKind, storedState } from './snapshot/stored-state.ts'

/** What is known of a state: what the program says of it, or else what was restored. */
export class StateDeclaration {
  #stored: StoredState
  #isDescribed = false

  constructor(stored: StoredState) {
    this.#stored = stored
  }

  /** As segments name it. */
  get stored(): StoredState {
    return this.#stored
  }

  /**
   * It is asked for: what the program says of it holds.
   *
   * @throws MillraceError STATE_INCOMPATIBLE where another kind was restored.
   */
  describe(description: StateDescription): void {
    requireSameKind(this.#stored, description.kind)
    this.#isDescribed = true
    this.#stored = storedState(this.#stored.id, description)
  }

  /**
   * A segment names it. False: what the program said of it before holds.
   *
   * @throws MillraceError STATE_INCOMPATIBLE where the program asked for another kind.
   */
  describeRestored(stored: StoredState): boolean {
    requireSameKind(stored, this.#stored.kind)
    if (this.#isDescribed) return false
    this.#stored = { ...stored, id: this.#stored.id }
    return true
  }

  /** The error for a state that is used where there is no current key. */
  noKey(): MillraceError {
    return new MillraceError(
      'KEY_INVALID',
      `State '${this.#stored.name}' was used outside of a record that has a key. Keyed state ` +
        'belongs to the key of the record being processed: use it in a function of a ' +
        'KeyedStream, not in open or close.',
      { blame: 'user' },
    )
  }
}
