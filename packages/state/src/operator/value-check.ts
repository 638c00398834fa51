import { createTypeChecker, MillraceError, type TypeInformation } from '@millrace/core'

/** Throws RECORD_TYPE_MISMATCH for what cannot be kept. */
export type ValueCheck = (value: unknown) => void

/** Requires a value, of the declared type where there is one. `what` it is, for the message. */
export function requireOfType(
  what: string,
  type: TypeInformation<unknown> | undefined,
): ValueCheck {
  const check = type === undefined ? undefined : createTypeChecker(type.descriptor)
  return (value) => {
    if (value === undefined) {
      throw mismatch(
        `${what} is undefined, which stands for no value. Keep null where nothing is to be ` +
          'kept on purpose.',
      )
    }
    const reason = check?.(value)
    if (reason === undefined) return
    throw mismatch(
      `${what} does not have the declared type: ${reason}. Correct the function that writes it, ` +
        'or the descriptor.',
    )
  }
}

function mismatch(message: string): MillraceError {
  return new MillraceError('RECORD_TYPE_MISMATCH', message, { blame: 'user' })
}
