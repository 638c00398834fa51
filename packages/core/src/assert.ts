/** Thrown by `assert`: a bug of Millrace itself, never of the outside world. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** States what is true here. Stays on in production; a failure ends the task or the process. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** Ends a `switch` over a closed union: reaching it is a bug. */
export function unreachable(value: never): never {
  throw new AssertionError(`Unreachable case: ${JSON.stringify(value)}`)
}
