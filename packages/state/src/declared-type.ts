import {
  createTypeChecker,
  MillraceError,
  type TypeChecker,
  type TypeDescriptor,
} from '@millrace/core'

const keyTextLengthMax = 40

/** The declared type of what is kept in keyed state. */
export class DeclaredType {
  /** Numbers need no `require`. */
  readonly takesNumbers: boolean
  readonly #state: string
  readonly #what: string
  readonly #check: TypeChecker | undefined
  /** All that `typeof` says this of have the type: the commonest ones are not worth a check. */
  readonly #primitive: string | undefined

  /** `type`: null where none is declared. `what` of the state it is, for the message. */
  constructor(state: string, what: string, type: TypeDescriptor | null) {
    const isChecked = type !== null && type.kind !== 'any'
    this.#state = state
    this.#what = what
    this.#check = isChecked ? createTypeChecker(type) : undefined
    this.#primitive = isChecked ? primitiveOf(type) : undefined
    this.takesNumbers = !isChecked || this.#primitive === 'number'
  }

  /**
   * Called before anything is changed, per record; `key` is that of the record.
   *
   * @throws MillraceError RECORD_TYPE_MISMATCH for a value that does not have the type.
   */
  require(value: unknown, key: unknown): void {
    if (this.#check === undefined || typeof value === this.#primitive) return
    const reason = this.#check(value)
    if (reason !== undefined) throw this.#mismatch(reason, key)
  }

  #mismatch(reason: string, key: unknown): MillraceError {
    return new MillraceError(
      'RECORD_TYPE_MISMATCH',
      `${this.#what} of state '${this.#state}' for the key ${keyText(key)} does not have the ` +
        `declared type: ${reason}. Correct the function that writes it, or the descriptor.`,
      { blame: 'user', details: { state: this.#state } },
    )
  }
}

function primitiveOf({ kind }: TypeDescriptor): string | undefined {
  switch (kind) {
    case 'float64':
      return 'number'
    case 'string':
    case 'boolean':
    case 'bigint':
      return kind
    default:
      return undefined
  }
}

function keyText(key: unknown): string {
  const isList = typeof key === 'object' && !(key instanceof Uint8Array)
  const withBigints = (_: string, part: unknown) => (typeof part === 'bigint' ? `${part}` : part)
  const text =
    isList || typeof key === 'string' ? JSON.stringify(key, withBigints) : `${String(key)}`
  return text.length > keyTextLengthMax ? `${text.slice(0, keyTextLengthMax)}…` : text
}
