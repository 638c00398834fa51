import { assert } from '../assert.ts'

/** Legal next states of every state; an empty list marks a final one. */
export type TransitionTable<State extends string> = Readonly<Record<State, readonly State[]>>

/**
 * `to`, if the table allows it from `from`; fails otherwise. Every state change goes through here.
 */
export function transition<State extends string>(
  table: TransitionTable<State>,
  from: State,
  to: State,
): State {
  assert(table[from].includes(to), `Illegal transition from ${from} to ${to}`)
  return to
}
