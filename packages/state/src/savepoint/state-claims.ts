/** A state by its name, and by the one it had. */
interface Named {
  readonly name: string
  readonly movedFrom: string | undefined
}

/** Which saved state goes on as which declared one. */
export interface StateClaims<Saved, Declared> {
  readonly claimed: ReadonlyMap<Declared, Saved>
  readonly unclaimed: readonly Saved[]
  /** Former names that several declared states give. */
  readonly ambiguous: readonly string[]
}

/**
 * A declared state goes on with what was saved under its own name, else with what was saved under
 * the one it had. The former name wins over a new state that takes it.
 */
export function claimStates<Saved extends { readonly name: string }, Declared extends Named>(
  saved: readonly Saved[],
  declared: readonly Declared[],
): StateClaims<Saved, Declared> {
  const left = new Map(saved.map((state) => [state.name, state]))
  const claimed = new Map<Declared, Saved>()
  // What one leaves under its own name by moving there, another may need to move to.
  for (let count = -1; count < claimed.size; ) {
    count = claimed.size
    for (const state of declared) {
      const former = state.movedFrom === undefined ? undefined : left.get(state.movedFrom)
      if (former === undefined || left.has(state.name) || claimed.has(state)) continue
      left.delete(former.name)
      claimed.set(state, former)
    }
  }
  for (const state of declared) {
    const own = left.get(state.name)
    if (own === undefined || claimed.has(state)) continue
    left.delete(state.name)
    claimed.set(state, own)
  }
  const formerNames = declared.flatMap(({ movedFrom }) => movedFrom ?? [])
  const ambiguous = new Set(formerNames.filter((name, at) => formerNames.indexOf(name) !== at))
  return { claimed, unclaimed: [...left.values()], ambiguous: [...ambiguous] }
}
