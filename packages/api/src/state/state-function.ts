import { MillraceError } from '@millrace/core'
import { UserFunction } from '../function/user-function.ts'
import type { CallSite } from '../stream/call-site.ts'

/** Refuses what is no function of a state: it has these methods, and no life of its own. */
export function checkFunction(
  value: unknown,
  methods: readonly string[],
  callSite: CallSite,
): void {
  if (!UserFunction.of(value, methods, callSite).isRich) return
  throw new MillraceError(
    'ARGUMENT_INVALID',
    `The function of a state at ${callSite} has open(), which nobody would call. Take what it ` +
      'needs as an argument of its constructor.',
    { blame: 'user' },
  )
}
