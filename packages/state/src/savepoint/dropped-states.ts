import type { SavedOperator } from '../inspect/saved-states.ts'

/** How a savepoint's state of the enumerator of a source, or the like, is named. */
export const coordinatorStateName = 'enumerator'

/** What `--drop-state` names: 'operator' all that it has, 'operator/state' one. */
export class DroppedStates {
  readonly #entries: readonly string[]
  readonly #used = new Set<string>()

  constructor(entries: readonly string[]) {
    this.#entries = entries
  }

  /** Whether the state of the operator was given up. */
  has({ name }: Pick<SavedOperator, 'name'>, stateName: string): boolean {
    const found = this.#entries.filter(
      (entry) => entry === name || entry === `${name}/${stateName}`,
    )
    for (const entry of found) this.#used.add(entry)
    return found.length > 0
  }

  /** Those that named nothing. */
  get unused(): readonly string[] {
    return this.#entries.filter((entry) => !this.#used.has(entry))
  }
}
