import { MillraceError } from '@millrace/core'

/** A closed union of core ⇄ an enum of proto, by one table. */
export class EnumCodec<Core extends string, Wire extends string> {
  readonly #name: string
  readonly #toWire: Readonly<Record<Core, Wire>>
  readonly #toCore: ReadonlyMap<string, Core>

  constructor(name: string, toWire: Readonly<Record<Core, Wire>>) {
    this.#name = name
    this.#toWire = toWire
    const entries = Object.entries(toWire) as [Core, Wire][]
    this.#toCore = new Map(entries.map(([core, wire]) => [wire, core]))
  }

  encode(value: Core): Wire {
    return this.#toWire[value]
  }

  decode(value: string | number): Core {
    const core = this.#toCore.get(String(value))
    if (core === undefined) throw messageInvalid(`${this.#name} '${value}' is unknown`)
    return core
  }
}

export function messageInvalid(what: string, cause?: unknown): MillraceError {
  return new MillraceError(
    'RPC_MESSAGE_INVALID',
    `A message is malformed: ${what}. The peer may run another version of Millrace: use one ` +
      'version for all processes of a cluster and its clients.',
    { cause, disposition: 'reject-request', blame: 'external' },
  )
}

/** A message field that the protocol requires. */
export function required<T>(value: T | null | undefined, name: string): T {
  if (value === null || value === undefined) throw messageInvalid(`${name} is missing`)
  return value
}

/** Decodes what came from outside: whatever goes wrong is RPC_MESSAGE_INVALID. */
export function decodeMessage<T>(name: string, decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof MillraceError) throw error
    throw messageInvalid(`${name}: ${error instanceof Error ? error.message : error}`, error)
  }
}

/** Bytes of their own, apart from the buffer they came in. */
export function decodeBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}
