// State as JSON without loss. What JSON has is itself; anything else is an object with one field
// whose name begins with $. docs/looking-inside-state.md has the table.

import { MillraceError } from '@millrace/core'

/** A value that JSON can say. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue }

const typedArrays = [
  ...[Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array],
] as const

/** What stands for a key, or a value of state, in JSON. */
export function toJsonValue(value: unknown): JsonValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      if (Number.isFinite(value) && !Object.is(value, -0)) return value
      return { $number: Object.is(value, -0) ? '-0' : String(value) }
    case 'bigint':
      return { $bigint: String(value) }
    case 'undefined':
      return { $undefined: true }
    default:
      return value === null ? null : ofObject(value as object)
  }
}

/**
 * The value that JSON stands for. Plain JSON is itself, so an object needs no notation.
 *
 * @throws MillraceError ARGUMENT_INVALID with the place of what has no meaning.
 */
export function fromJsonValue(json: JsonValue, path = 'It'): unknown {
  if (typeof json !== 'object' || json === null) return json
  if (Array.isArray(json)) return itemsFrom(json, path)
  const fields = json as { readonly [name: string]: JsonValue }
  const names = Object.keys(fields)
  const [name = ''] = names
  if (!names.some((each) => each.startsWith('$'))) {
    const entries = names.map((each) => [
      each,
      fromJsonValue(fields[each] ?? null, `${path}.${each}`),
    ])
    return Object.fromEntries(entries)
  }
  if (names.length !== 1) throw meaningless(path, `an object with the fields ${names.join(', ')}`)
  return special(name, fields[name] ?? null, path)
}

function ofObject(value: object): JsonValue {
  if (Array.isArray(value)) return itemsOf(value)
  if (value instanceof Date) {
    return { $date: Number.isNaN(value.getTime()) ? null : value.toISOString() }
  }
  if (Buffer.isBuffer(value)) return { $buffer: value.toString('base64') }
  if (value instanceof Uint8Array) return { $bytes: base64(value) }
  if (value instanceof Map) {
    return { $map: [...value].map(([key, each]) => [toJsonValue(key), toJsonValue(each)]) }
  }
  if (value instanceof Set) return { $set: [...value].map(toJsonValue) }
  if (ArrayBuffer.isView(value)) {
    return {
      [`$${value.constructor.name}`]: base64(
        new Uint8Array(value.buffer, value.byteOffset, value.byteLength),
      ),
    }
  }
  const entries = Object.entries(value)
  const isPlain = entries.every(([name]) => !name.startsWith('$') && name !== '__proto__')
  if (isPlain) return Object.fromEntries(entries.map(([name, each]) => [name, toJsonValue(each)]))
  return { $object: entries.map(([name, each]) => [name, toJsonValue(each)]) }
}

/** Holes of an array are `{ "$hole": how many }` among its items. */
function itemsOf(items: readonly unknown[]): readonly JsonValue[] {
  const found: JsonValue[] = []
  let holes = 0
  const endHoles = (): void => {
    if (holes > 0) found.push({ $hole: holes })
    holes = 0
  }
  for (let index = 0; index < items.length; index++) {
    if (!(index in items)) {
      holes++
      continue
    }
    endHoles()
    found.push(toJsonValue(items[index]))
  }
  endHoles()
  return found
}

function itemsFrom(json: readonly JsonValue[], path: string): unknown[] {
  const items: unknown[] = []
  for (const [index, each] of json.entries()) {
    const holes = typeof each === 'object' && each !== null ? holesIn(each) : undefined
    if (holes === undefined) items.push(fromJsonValue(each, `${path}[${index}]`))
    else items.length += holes
  }
  return items
}

function holesIn(json: object): number | undefined {
  const count: unknown = '$hole' in json ? json.$hole : undefined
  return typeof count === 'number' && Number.isSafeInteger(count) && count > 0 ? count : undefined
}

function special(name: string, json: JsonValue, path: string): unknown {
  const text = typeof json === 'string' ? json : undefined
  switch (name) {
    case '$undefined':
      return undefined
    case '$number':
      if (text !== undefined && /^(-0|NaN|-?Infinity)$/.test(text)) return Number(text)
      break
    case '$bigint':
      if (text !== undefined && /^-?\d+$/.test(text)) return BigInt(text)
      break
    case '$date':
      return dateFrom(json, path)
    case '$bytes':
      if (text !== undefined) return new Uint8Array(bytesFrom(text, path))
      break
    case '$buffer':
      if (text !== undefined) return bytesFrom(text, path)
      break
    case '$map':
      if (Array.isArray(json)) return new Map(pairsFrom(json, path))
      break
    case '$set':
      if (Array.isArray(json)) return new Set(itemsFrom(json, path))
      break
    case '$object':
      if (Array.isArray(json)) return objectFrom(pairsFrom(json, path), path)
      break
    default: {
      const found = typedArrays.find((each) => `$${each.name}` === name)
      if (found !== undefined && text !== undefined) return typedArrayFrom(found, text, path)
    }
  }
  throw meaningless(path, `{ ${JSON.stringify(name)}: ${JSON.stringify(json)} }`)
}

function dateFrom(json: JsonValue, path: string): Date {
  if (json === null) return new Date(Number.NaN)
  const isTime = typeof json === 'number' || typeof json === 'string'
  const date = new Date(isTime ? json : Number.NaN)
  if (!Number.isNaN(date.getTime())) return date
  throw meaningless(path, `the date ${JSON.stringify(json)}`)
}

function typedArrayFrom(
  type: (typeof typedArrays)[number],
  text: string,
  path: string,
): ArrayBufferView {
  const bytes = new Uint8Array(bytesFrom(text, path))
  if (bytes.length % type.BYTES_PER_ELEMENT === 0) return new type(bytes.buffer)
  throw meaningless(path, `${type.name} of ${bytes.length} bytes`)
}

function pairsFrom(json: readonly JsonValue[], path: string): [unknown, unknown][] {
  return json.map((pair, index) => {
    const place = `${path}[${index}]`
    if (!Array.isArray(pair) || pair.length !== 2) throw meaningless(place, 'no pair')
    const [key = null, value = null] = pair as readonly JsonValue[]
    return [fromJsonValue(key, place), fromJsonValue(value, place)]
  })
}

/** Also fields named `__proto__`, which are fields like others. */
function objectFrom(pairs: readonly [unknown, unknown][], path: string): object {
  const names = pairs.map(([name]) => name)
  if (names.every((name) => typeof name === 'string')) return Object.fromEntries(pairs)
  throw meaningless(path, 'an object with a name that is no text')
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

function bytesFrom(text: string, path: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') === text) return bytes
  throw meaningless(path, `${JSON.stringify(text)}, which is no base64`)
}

function meaningless(path: string, what: string): MillraceError {
  return new MillraceError(
    'ARGUMENT_INVALID',
    `${path} is ${what}, which has no meaning as state in JSON. docs/looking-inside-state.md ` +
      'lists what stands for what.',
    { blame: 'user', disposition: 'reject-request' },
  )
}
