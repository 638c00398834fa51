import type { RenamedState } from '@millrace/core'

/** Which states of a savepoint go on, and under which names. */
export class RestoredNames {
  readonly #dropped: ReadonlySet<string>
  readonly #renamed: ReadonlyMap<string, string>

  constructor(dropped: readonly string[] = [], renamed: readonly RenamedState[] = []) {
    this.#dropped = new Set(dropped)
    this.#renamed = new Map(renamed.map(({ from, to }) => [from, to]))
  }

  /** All go on, as they were. */
  get isSame(): boolean {
    return this.#dropped.size === 0 && this.#renamed.size === 0
  }

  /** Undefined: what was saved under this name is not restored. */
  nameOf(saved: string): string | undefined {
    return this.#dropped.has(saved) ? undefined : (this.#renamed.get(saved) ?? saved)
  }
}
