import { MillraceError } from '@millrace/core'
import type { CallSite } from '../stream/call-site.ts'
import type { ChainCode } from './stream-operator.ts'

/** What an aggregate is about: a field of an object, a position of a tuple, or what is selected. */
export class FieldAccess {
  readonly #field: string | number | ((record: unknown) => unknown)

  constructor(field: unknown, callSite: CallSite) {
    const isPosition = typeof field === 'number' && Number.isInteger(field) && field >= 0
    if (typeof field !== 'string' && typeof field !== 'function' && !isPosition) {
      throw new MillraceError(
        'ARGUMENT_INVALID',
        `${String(field)} at ${callSite} is no field. ` +
          'Pass the name of a field, the position in a tuple, or a function of the record.',
        { blame: 'user', disposition: 'reject-request' },
      )
    }
    this.#field = field as string | number | ((record: unknown) => unknown)
  }

  /** The selector computes a value of its own, which has no place in the record. */
  get isSelector(): boolean {
    return typeof this.#field === 'function'
  }

  /** Expression of the field of `record`. */
  read(code: ChainCode, record: string): string {
    if (typeof this.#field === 'function') return `${code.bind(this.#field, 'selector')}(${record})`
    return `${record}[${JSON.stringify(this.#field)}]`
  }

  /** Expression of a copy of `record` with another value of the field. */
  replace(record: string, value: string): string {
    if (typeof this.#field === 'number') return `${record}.with(${this.#field}, ${value})`
    return `{ ...${record}, [${JSON.stringify(this.#field)}]: ${value} }`
  }

  /** For messages. */
  describe(): string {
    if (typeof this.#field === 'function') return 'the selected value'
    if (typeof this.#field === 'number') return `position ${this.#field} of the tuple`
    return `field '${this.#field}'`
  }
}

/** Throws: a record whose field cannot be aggregated. */
export function fieldMismatch(access: FieldAccess, wanted: string): (value: unknown) => never {
  return (value) => {
    throw new MillraceError(
      'RECORD_TYPE_MISMATCH',
      `Record cannot be aggregated: ${access.describe()} is ${String(value)} (${typeof value}), ` +
        `not ${wanted}. Filter such records out first.`,
      { blame: 'user', disposition: 'fail-job' },
    )
  }
}
