import { isDate } from '../../type/date-value.ts'
import { isPlain } from '../../type/plain-object.ts'
import { type ByteWriter, ScratchWriter } from '../byte-writer.ts'
import * as text from '../text-bytes.ts'
import { writeBigintBytes } from './bigint-bytes.ts'
import { refusal } from './generic-refusal.ts'
import { genericTag, typedArrays } from './generic-tag.ts'

const depthMax = 256
const scratch = new ScratchWriter()

/**
 * Bytes of any value, in an array of their own.
 *
 * @throws MillraceError RECORD_TYPE_MISMATCH, with the path, for functions, symbols, cycles, and
 * objects that are more than their fields (Promise, Error, RegExp, WeakMap, …).
 */
export function encodeGeneric(value: unknown): Uint8Array {
  const writer = scratch.take()
  writeGeneric(value, writer)
  const bytes = writer.toBytes()
  scratch.give(writer)
  return bytes
}

/**
 * Appends a value's bytes. See `encodeGeneric`; nothing is appended where it throws. `path` is
 * where the value stands in its record: '' or '.field'.
 */
export function writeGeneric(value: unknown, writer: ByteWriter, path = ''): void {
  const start = writer.position
  if (writeValue(value, writer, 0)) return
  writer.position = start
  throw refusal(value, path, depthMax)
}

/** Returns false where something inside has no encoding. */
function writeValue(value: unknown, writer: ByteWriter, depth: number): boolean {
  switch (typeof value) {
    case 'string':
      writeText(value, writer)
      return true
    case 'number':
      writeNumber(value, writer)
      return true
    case 'boolean':
      writeTag(writer, value ? genericTag.true : genericTag.false)
      return true
    case 'object':
      if (value !== null) return depth < depthMax && writeObject(value, writer, depth + 1)
      writeTag(writer, genericTag.null)
      return true
    case 'undefined':
      writeTag(writer, genericTag.undefined)
      return true
    case 'bigint':
      writeBigint(value, writer)
      return true
    default:
      return false
  }
}

function writeTag(writer: ByteWriter, value: number): void {
  writer.reserve(1)
  writer.bytes[writer.position++] = value
}

function writeTagAndCount(writer: ByteWriter, value: number, count: number): void {
  writer.reserve(6)
  writer.bytes[writer.position++] = value
  writeCount(writer, count)
}

/** The caller reserved five bytes. */
function writeCount(writer: ByteWriter, count: number): void {
  const { bytes } = writer
  let rest = count
  while (rest > 0x7f) {
    bytes[writer.position++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  bytes[writer.position++] = rest
}

function writeNumber(value: number, writer: ByteWriter): void {
  writer.reserve(9)
  const integer = value | 0
  if (!Object.is(integer, value)) {
    writer.bytes[writer.position] = genericTag.float64
    writer.view.setFloat64(writer.position + 1, value, true)
    writer.position += 9
  } else if (integer >= 0 && integer < 64) {
    writer.bytes[writer.position++] = genericTag.smallInt | integer
  } else {
    writer.bytes[writer.position++] = genericTag.int
    writeCount(writer, ((integer << 1) ^ (integer >> 31)) >>> 0)
  }
}

function writeText(value: string, writer: ByteWriter): void {
  const length = value.length
  if (length >= 64) {
    writeLongText(value, writer)
    return
  }
  writer.reserve(1 + length)
  const { bytes, position } = writer
  bytes[position] = genericTag.shortText | length
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i)
    if (code > 0xff) {
      writeWideText(value, writer)
      return
    }
    bytes[position + 1 + i] = code
  }
  writer.position = position + 1 + length
}

function writeLongText(value: string, writer: ByteWriter): void {
  if (!text.isLatin1(value)) {
    writeWideText(value, writer)
    return
  }
  writeTagAndCount(writer, genericTag.latin1, value.length)
  writer.reserve(value.length)
  writer.position += text.writeLatin1(writer.bytes, writer.position, value)
}

function writeWideText(value: string, writer: ByteWriter): void {
  if (value.isWellFormed()) {
    const length = text.utf8Length(value)
    writeTagAndCount(writer, genericTag.utf8, length)
    writer.reserve(length)
    writer.position += text.writeUtf8(writer.bytes, writer.position, value)
  } else {
    writeTagAndCount(writer, genericTag.utf16, value.length)
    writer.reserve(2 * value.length)
    writer.position += text.writeUtf16(writer.bytes, writer.position, value)
  }
}

function writeBigint(value: bigint, writer: ByteWriter): void {
  const digits = scratch.take()
  writeBigintBytes(value, digits)
  writeBytes(genericTag.bigint, digits.bytes.subarray(0, digits.position), writer)
  scratch.give(digits)
}

function writeBytes(kind: number, bytes: Uint8Array, writer: ByteWriter): void {
  writeTagAndCount(writer, kind, bytes.length)
  writer.reserve(bytes.length)
  writer.bytes.set(bytes, writer.position)
  writer.position += bytes.length
}

function writeObject(value: object, writer: ByteWriter, depth: number): boolean {
  if (Array.isArray(value)) return writeArray(value, writer, depth)
  if (isPlain(value)) return writeFields(value, writer, depth)
  if (isDate(value)) {
    writer.reserve(9)
    writer.bytes[writer.position] = genericTag.date
    writer.view.setFloat64(writer.position + 1, value.getTime(), true)
    writer.position += 9
    return true
  }
  if (value instanceof Map) {
    writeTagAndCount(writer, genericTag.map, value.size)
    for (const [key, item] of value) {
      if (!writeValue(key, writer, depth) || !writeValue(item, writer, depth)) return false
    }
    return true
  }
  if (value instanceof Set) {
    writeTagAndCount(writer, genericTag.set, value.size)
    for (const item of value) if (!writeValue(item, writer, depth)) return false
    return true
  }
  if (value instanceof Uint8Array) {
    writeBytes(Buffer.isBuffer(value) ? genericTag.buffer : genericTag.uint8Array, value, writer)
    return true
  }
  return writeTypedArray(value, writer)
}

function writeFields(value: object, writer: ByteWriter, depth: number): boolean {
  const fields = value as Readonly<Record<string, unknown>>
  const names = Object.keys(fields)
  writeTagAndCount(writer, genericTag.object, names.length)
  for (const name of names) {
    writeText(name, writer)
    if (!writeValue(fields[name], writer, depth)) return false
  }
  return true
}

function writeArray(items: readonly unknown[], writer: ByteWriter, depth: number): boolean {
  writeTagAndCount(writer, genericTag.array, items.length)
  for (let i = 0; i < items.length; i++) {
    const item = items[i]
    if (item !== undefined || i in items) {
      if (!writeValue(item, writer, depth)) return false
      continue
    }
    const first = i
    while (i + 1 < items.length && !(i + 1 in items)) i++
    writeTagAndCount(writer, genericTag.holes, i - first + 1)
  }
  return true
}

function writeTypedArray(value: object, writer: ByteWriter): boolean {
  const kind = typedArrays.findIndex((type) => value instanceof type)
  if (kind < 0) return false
  const { buffer, byteOffset, byteLength } = value as ArrayBufferView
  writer.reserve(2)
  writer.bytes[writer.position++] = genericTag.typedArray
  // The class takes the place of the tag before the length.
  writeBytes(kind, new Uint8Array(buffer, byteOffset, byteLength), writer)
  return true
}
