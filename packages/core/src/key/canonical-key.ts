// The one encoding of a key. Partitioning, key groups, state and snapshots all start from it, so
// it is frozen: equal keys have equal bytes whoever encodes them, different keys different ones.
//
//   key    = payload, then one byte for its kind
//   number   0x01  float64, -0 as 0, one NaN (0x7ff8000000000000)
//   string   0x02  UTF-8; a lone surrogate as the three bytes of its number
//   boolean  0x03  one byte, 0 or 1
//   bigint   0x04  two's complement, as few bytes as hold it with its sign
//   bytes    0x05  as they are (Uint8Array, Buffer)
//   Date     0x06  milliseconds since 1970 as float64
//   array    0x07  for each item: u32 length of its key, its key
//   object   0x08  for each own enumerable field, names ascending by UTF-16 code units:
//                  u32 length of the name, name as in string, u32 length of its key, its key
//   null     0x09  only inside an array or an object
//
// All numbers are little-endian. The kind stands last so that the hash of a number is that of two
// whole words and a constant.

import { MillraceError } from '../errors.ts'
import { type ByteWriter, ScratchWriter } from '../row/byte-writer.ts'
import { readBigintBytes, writeBigintBytes } from '../row/generic/bigint-bytes.ts'
import { dateOf, isDate } from '../type/date-value.ts'
import { readWtf8, writeWtf8, wtf8BytesPerUnit } from './wtf8.ts'

export const keyKind = {
  number: 1,
  string: 2,
  boolean: 3,
  bigint: 4,
  bytes: 5,
  date: 6,
  array: 7,
  object: 8,
  null: 9,
} as const

const depthMax = 32
const scratch = new ScratchWriter()

/**
 * Canonical bytes of a key.
 *
 * @throws MillraceError KEY_INVALID for null, undefined, functions, symbols, and objects that are
 * more than their fields (Map, Set, Promise, …), also inside of arrays and objects; null may stand
 * inside of them.
 */
export function encodeKey(key: unknown): Uint8Array {
  const writer = scratch.take()
  writeKey(key, writer)
  const bytes = writer.toBytes()
  scratch.give(writer)
  return bytes
}

/** Appends a key's canonical bytes. See `encodeKey`. */
export function writeKey(key: unknown, writer: ByteWriter): void {
  if (key === null) throw invalidKey(key, '')
  writePart(key, writer, '', 0)
}

/**
 * The key whose canonical bytes are `bytes[start, end)`. Objects come back as plain objects with
 * their fields sorted, Buffers as Uint8Arrays, -0 as 0.
 */
export function decodeKey(bytes: Uint8Array, start = 0, end: number = bytes.length): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const kind = end > start ? view.getUint8(end - 1) : undefined
  const stop = end - 1
  switch (kind) {
    case keyKind.number:
      return view.getFloat64(start, true)
    case keyKind.string:
      return readWtf8(bytes, start, stop)
    case keyKind.boolean:
      return view.getUint8(start) === 1
    case keyKind.bigint:
      return readBigintBytes(bytes, start, stop)
    case keyKind.bytes:
      return new Uint8Array(bytes.subarray(start, stop))
    case keyKind.date:
      return dateOf(view.getFloat64(start, true))
    case keyKind.array:
      return readArray(bytes, view, start, stop)
    case keyKind.object:
      return readObject(bytes, view, start, stop)
    case keyKind.null:
      return null
    default:
      throw new MillraceError('KEY_INVALID', `No key has kind ${kind}: these bytes are damaged.`)
  }
}

function writePart(key: unknown, writer: ByteWriter, path: string, depth: number): void {
  const kind = writePayload(key, writer, path, depth)
  writer.reserve(1)
  writer.bytes[writer.position++] = kind
}

/** Returns the kind, which the caller writes behind it. */
function writePayload(key: unknown, writer: ByteWriter, path: string, depth: number): number {
  switch (typeof key) {
    case 'number':
      writeFloat64(key, writer)
      return keyKind.number
    case 'string':
      writeText(key, writer)
      return keyKind.string
    case 'boolean':
      writer.reserve(1)
      writer.bytes[writer.position++] = key ? 1 : 0
      return keyKind.boolean
    case 'bigint':
      writeBigintBytes(key, writer)
      return keyKind.bigint
    case 'object':
      if (depth >= depthMax) throw invalidKey(key, path)
      return key === null ? keyKind.null : writeObject(key, writer, path, depth)
    default:
      throw invalidKey(key, path)
  }
}

function writeObject(key: object, writer: ByteWriter, path: string, depth: number): number {
  if (Array.isArray(key)) {
    for (let i = 0; i < key.length; i++) {
      writePrefixed(writer, () => writePart(key[i], writer, `${path}[${i}]`, depth + 1))
    }
    return keyKind.array
  }
  if (key instanceof Uint8Array) {
    writer.reserve(key.length)
    writer.bytes.set(key, writer.position)
    writer.position += key.length
    return keyKind.bytes
  }
  if (isDate(key)) {
    const time = key.getTime()
    if (Number.isNaN(time)) throw invalidKey(key, path)
    writeFloat64(time, writer)
    return keyKind.date
  }
  // What is more than its fields (Map, Set, Promise, RegExp, Error, boxed values) says so here.
  if (Object.prototype.toString.call(key) !== '[object Object]') throw invalidKey(key, path)
  const fields = key as Readonly<Record<string, unknown>>
  // Without a comparator, sorting is by UTF-16 code units.
  for (const name of Object.keys(key).sort()) {
    writePrefixed(writer, () => writeText(name, writer))
    writePrefixed(writer, () => writePart(fields[name], writer, `${path}.${name}`, depth + 1))
  }
  return keyKind.object
}

/** −0 as 0; whatever NaN it is, the one NaN. */
function writeFloat64(value: number, writer: ByteWriter): void {
  writer.reserve(8)
  writer.view.setFloat64(writer.position, Number.isNaN(value) ? Number.NaN : value + 0, true)
  writer.position += 8
}

function writeText(text: string, writer: ByteWriter): void {
  writer.reserve(text.length * wtf8BytesPerUnit)
  writer.position = writeWtf8(writer.bytes, writer.position, text)
}

/** Writes something behind its length. */
function writePrefixed(writer: ByteWriter, write: () => void): void {
  writer.reserve(4)
  const start = writer.position
  writer.position += 4
  write()
  writer.view.setUint32(start, writer.position - start - 4, true)
}

function readArray(bytes: Uint8Array, view: DataView, start: number, end: number): unknown[] {
  const items: unknown[] = []
  for (let at = start; at < end; ) {
    const next = at + 4 + view.getUint32(at, true)
    items.push(decodeKey(bytes, at + 4, next))
    at = next
  }
  return items
}

function readObject(bytes: Uint8Array, view: DataView, start: number, end: number): object {
  const entries: [string, unknown][] = []
  for (let at = start; at < end; ) {
    const nameEnd = at + 4 + view.getUint32(at, true)
    const name = readWtf8(bytes, at + 4, nameEnd)
    const next = nameEnd + 4 + view.getUint32(nameEnd, true)
    entries.push([name, decodeKey(bytes, nameEnd + 4, next)])
    at = next
  }
  // Unlike an assignment this also makes a field of the name __proto__.
  return Object.fromEntries(entries)
}

function invalidKey(key: unknown, path: string): MillraceError {
  const where = path === '' ? 'A key' : `A key's part '${path.replace(/^\./, '')}'`
  return new MillraceError(
    'KEY_INVALID',
    `${where} is ${describe(key)}. Let the key selector return a number, string, boolean, bigint,` +
      ' Date, Uint8Array, or an array or plain object of them; filter out records without a key.',
    { blame: 'user', disposition: 'fail-job' },
  )
}

function describe(key: unknown): string {
  if (key === null || key === undefined) return String(key)
  if (typeof key === 'function') return `the function '${key.name}'`
  if (typeof key === 'symbol') return `the symbol ${String(key)}`
  if (isDate(key)) return 'a Date that is no time'
  const name = Object.prototype.toString.call(key).slice('[object '.length, -1)
  if (name === 'Object' || name === 'Array')
    return 'an object that is nested too deep, or in itself'
  return `of the class ${name}`
}
