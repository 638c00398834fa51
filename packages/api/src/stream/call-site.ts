/** Where in the user's source an operator was made. The stack is put into text when asked for. */
export class CallSite {
  /** V8 writes it, and puts the frames into text at the first read. */
  stack = ''

  /** `below`: the public method or class the user called; the frame above it is the user's. */
  constructor(below: ((...args: never) => unknown) | (new (...args: never) => unknown)) {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 1
    Error.captureStackTrace(this, below)
    Error.stackTraceLimit = limit
  }

  /** `/jobs/orders.ts:12:5`, or 'an unknown place'. */
  toString(): string {
    const frame = this.stack.split('\n').find((line) => line.trimStart().startsWith('at '))
    const place = frame === undefined ? undefined : /\(?([^()\s]+:\d+:\d+)\)?\s*$/.exec(frame)?.[1]
    return place?.replace(/^file:\/\//, '') ?? 'an unknown place'
  }
}
