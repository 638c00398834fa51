import { dateOf } from '../../type/date-value.ts'
import { ByteReader } from '../byte-writer.ts'
import * as text from '../text-bytes.ts'
import { readBigintBytes } from './bigint-bytes.ts'
import { FieldNames } from './field-names.ts'
import { genericTag, typedArrays } from './generic-tag.ts'

const fieldNames = new FieldNames()

/** The value whose bytes begin at `offset`. Throws a RangeError where they are damaged. */
export function decodeGeneric(bytes: Uint8Array, offset = 0): unknown {
  return readGeneric(new ByteReader(bytes, offset))
}

/** Reads the value at the reader's position and moves it on. See `decodeGeneric`. */
export function readGeneric(reader: ByteReader): unknown {
  const kind = reader.view.getUint8(reader.position++)
  if (kind >= genericTag.smallInt) return kind & 0x3f
  if (kind >= genericTag.shortText) return readLatin1(reader, kind & 0x3f)
  switch (kind) {
    case genericTag.null:
      return null
    case genericTag.undefined:
      return undefined
    case genericTag.false:
      return false
    case genericTag.true:
      return true
    case genericTag.int: {
      const zigzag = readCount(reader)
      return (zigzag >>> 1) ^ -(zigzag & 1)
    }
    case genericTag.float64:
      reader.position += 8
      return reader.view.getFloat64(reader.position - 8, true)
    case genericTag.latin1:
      return readLatin1(reader, readCount(reader))
    case genericTag.date:
      reader.position += 8
      return dateOf(reader.view.getFloat64(reader.position - 8, true))
    case genericTag.array:
      return readArray(reader)
    case genericTag.map:
      return readMap(reader)
    case genericTag.set:
      return readSet(reader)
    case genericTag.object:
      return readObject(reader)
    default:
      return readLengthed(kind, reader)
  }
}

/** Values that are a length and so many bytes. */
function readLengthed(kind: number, reader: ByteReader): unknown {
  const typedArray = kind === genericTag.typedArray ? reader.view.getUint8(reader.position++) : 0
  const length = readCount(reader)
  const { bytes, position: start } = reader
  const end = skip(reader, kind === genericTag.utf16 ? 2 * length : length)
  switch (kind) {
    case genericTag.utf8:
      return text.readUtf8(bytes, start, end)
    case genericTag.utf16:
      return text.readUtf16(bytes, start, end)
    case genericTag.bigint:
      return readBigintBytes(bytes, start, end)
    case genericTag.uint8Array:
      return new Uint8Array(bytes.subarray(start, end))
    case genericTag.buffer:
      return Buffer.from(bytes.subarray(start, end))
    case genericTag.typedArray: {
      const type = typedArrays[typedArray]
      if (type === undefined) throw new RangeError(`No typed array has the number ${typedArray}.`)
      return new type(new Uint8Array(bytes.subarray(start, end)).buffer)
    }
    default:
      throw new RangeError(`No generic value has the tag ${kind}.`)
  }
}

/** Moves the position on by `count` bytes and returns it. */
function skip(reader: ByteReader, count: number): number {
  const end = reader.position + count
  if (end > reader.bytes.length) throw new RangeError(`A value ends after the bytes, at ${end}.`)
  reader.position = end
  return end
}

function readCount(reader: ByteReader): number {
  let count = 0
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = reader.view.getUint8(reader.position++)
    count |= (byte & 0x7f) << shift
    if (byte < 0x80) return count >>> 0
  }
  throw new RangeError('A length has more than 32 bits.')
}

function readLatin1(reader: ByteReader, length: number): string {
  const start = reader.position
  return text.readLatin1(reader.bytes, start, skip(reader, length))
}

function readArray(reader: ByteReader): unknown[] {
  const length = readCount(reader)
  const items: unknown[] = []
  while (items.length < length) {
    if (reader.view.getUint8(reader.position) === genericTag.holes) {
      reader.position++
      items.length += readCount(reader)
    } else {
      items.push(readGeneric(reader))
    }
  }
  return items
}

function readMap(reader: ByteReader): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>()
  for (let rest = readCount(reader); rest > 0; rest--) {
    const key = readGeneric(reader)
    map.set(key, readGeneric(reader))
  }
  return map
}

function readSet(reader: ByteReader): Set<unknown> {
  const set = new Set<unknown>()
  for (let rest = readCount(reader); rest > 0; rest--) set.add(readGeneric(reader))
  return set
}

function readObject(reader: ByteReader): object {
  const object: Record<string, unknown> = {}
  for (let rest = readCount(reader); rest > 0; rest--) {
    const name = fieldNames.read(reader) ?? (readGeneric(reader) as string)
    const value = readGeneric(reader)
    if (name !== '__proto__') object[name] = value
    else Object.defineProperty(object, name, fieldDescriptor(value))
  }
  return object
}

function fieldDescriptor(value: unknown): PropertyDescriptor {
  return { value, enumerable: true, configurable: true, writable: true }
}
