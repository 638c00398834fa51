import { decodeGeneric, detachString, encodeGeneric, MillraceError } from '@millrace/core'

/**
 * A value that shares nothing mutable with the one given, and no text with the frame it came in:
 * what crosses the state border. Instances of classes come out as plain objects, as they do of a
 * checkpoint.
 *
 * @throws MillraceError RECORD_TYPE_MISMATCH for what has no encoding (functions, cycles, …).
 */
export function copyValue<T>(value: T): T {
  if (typeof value === 'string') return detachString(value) as T
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'function' || typeof value === 'symbol' ? throughBytes(value) : value
  }
  return copyFlat(value) ?? throughBytes(value)
}

/** The copy of what has to be a value; `what` it is, for the message. */
export function copyDefined<T>(value: T, what: string): T {
  if (value !== undefined) return copyValue(value)
  throw new MillraceError(
    'RECORD_TYPE_MISMATCH',
    `${what} in keyed state is undefined, which stands for no value. Keep null where nothing is ` +
      'to be kept on purpose.',
    { blame: 'user' },
  )
}

/** What is to go into a list, which must be a collection: a text would be taken for its letters. */
export function elementsOf<T>(elements: Iterable<T>): Iterable<T> {
  const given: unknown = elements
  if (typeof given === 'object' && given !== null && Symbol.iterator in given) return elements
  const what = given === null ? 'null' : typeof given === 'object' ? 'no iterable' : typeof given
  throw new MillraceError(
    'RECORD_TYPE_MISMATCH',
    `What a list in state is to hold must be an array or another iterable of elements; it is ` +
      `${what}. Pass an array, or use add() for one element.`,
    { blame: 'user' },
  )
}

/** The copy of an object or array of primitives; undefined where something inside is not one. */
function copyFlat<T extends object>(value: T): T | undefined {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isFlat(value[i]) || !(i in value)) return undefined
    return value.map(detached) as unknown as T
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return undefined
  const copy = { ...value } as Record<string, unknown>
  for (const name in copy) {
    const field = copy[name]
    if (typeof field === 'string') copy[name] = detachString(field)
    else if (!isFlat(field)) return undefined
  }
  return copy as T
}

function isFlat(value: unknown): boolean {
  const type = typeof value
  return type !== 'function' && type !== 'symbol' && (type !== 'object' || value === null)
}

function detached(value: unknown): unknown {
  return typeof value === 'string' ? detachString(value) : value
}

function throughBytes<T>(value: T): T {
  return decodeGeneric(encodeGeneric(value)) as T
}
