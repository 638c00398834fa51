import { ByteReader, decodeKey, keyIdentity, murmur3, readGeneric } from '@millrace/core'
import { namespaceBits } from '../state-namespace.ts'
import { longPart, recordFlag, segmentOpMask } from './segment-format.ts'

const numberKeyKind = 1
const known =
  segmentOpMask | recordFlag.namespace | recordFlag.mapKey | recordFlag.value | recordFlag.touch

/** One record of a segment: a view that is moved from record to record. Ends are exclusive. */
export class SegmentRecord {
  readonly bytes: Uint8Array
  readonly view: DataView
  op = 0
  keyGroup = 0
  stateId = 0
  keyStart = 0
  keyEnd = 0
  hasNamespace = false
  namespaceStart = 0
  namespaceEnd = 0
  hasMapKey = false
  mapKeyStart = 0
  mapKeyEnd = 0
  hasValue = false
  valueStart = 0
  valueEnd = 0
  /** In a list each element has its own too, in the value. */
  hasTouch = false
  touchedAtMs = 0
  /** Where the part that was found last ends; -1: beyond the block. */
  #end = 0
  #partStart = 0
  readonly #reader: ByteReader

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.#reader = new ByteReader(bytes)
    this.view = this.#reader.view
  }

  /** Is the record at `start` now; returns where it ends, or -1 where that is beyond `limit`. */
  moveTo(start: number, limit: number): number {
    if (start + 5 > limit) return -1
    const first = this.bytes[start] as number
    if ((first & ~known) !== 0 || (first & segmentOpMask) > 3) return -1
    this.op = first & segmentOpMask
    this.keyGroup = this.view.getUint16(start + 1, true)
    this.stateId = this.view.getUint16(start + 3, true)
    this.hasNamespace = (first & recordFlag.namespace) !== 0
    this.hasMapKey = (first & recordFlag.mapKey) !== 0
    this.hasValue = (first & recordFlag.value) !== 0
    this.hasTouch = (first & recordFlag.touch) !== 0
    this.#end = start + 5
    this.#part(limit)
    this.keyStart = this.#partStart
    this.keyEnd = this.#end
    if (this.hasNamespace) {
      this.#part(limit)
      this.namespaceStart = this.#partStart
      this.namespaceEnd = this.#end
    }
    if (this.hasMapKey) {
      this.#part(limit)
      this.mapKeyStart = this.#partStart
      this.mapKeyEnd = this.#end
    }
    if (this.hasValue) {
      this.#part(limit)
      this.valueStart = this.#partStart
      this.valueEnd = this.#end
    }
    if (this.hasTouch) this.#touch(limit)
    return this.#end
  }

  /** The first of its values: of a list there are several. */
  value(): unknown {
    return readGeneric(this.valueReader())
  }

  /** At the value; the reader is the same for all records. */
  valueReader(): ByteReader {
    this.#reader.position = this.valueStart
    return this.#reader
  }

  /** `hashKey` of the key. */
  keyHash(): number {
    return murmur3(this.bytes, this.keyStart, this.keyEnd)
  }

  /** Of the key in its namespace: the highest bits are the key group. */
  placeHash(): number {
    if (!this.hasNamespace) return this.keyHash()
    const namespaceHash = murmur3(this.bytes, this.namespaceStart, this.namespaceEnd)
    return this.keyHash() ^ (namespaceHash & namespaceBits)
  }

  /** `keyIdentity` of the key. */
  keyIdentity(): unknown {
    return this.#identity(this.keyStart, this.keyEnd)
  }

  /** Undefined: the void one. */
  namespaceIdentity(): unknown {
    return this.hasNamespace ? this.#identity(this.namespaceStart, this.namespaceEnd) : undefined
  }

  mapKeyIdentity(): unknown {
    return this.hasMapKey ? this.#identity(this.mapKeyStart, this.mapKeyEnd) : undefined
  }

  #identity(start: number, end: number): unknown {
    // A canonical key ends with its kind; numbers are worth a shortcut.
    if (end - start === 9 && this.bytes[end - 1] === numberKeyKind) {
      const number = this.view.getFloat64(start, true)
      if (!Number.isNaN(number)) return number
    }
    return keyIdentity(decodeKey(this.bytes, start, end))
  }

  #part(limit: number): void {
    let start = this.#end
    if (start < 0 || start >= limit) {
      this.#end = -1
      return
    }
    let length = this.bytes[start++] as number
    if (length === longPart) {
      if (start + 4 > limit) {
        this.#end = -1
        return
      }
      length = this.view.getUint32(start, true)
      start += 4
    }
    this.#partStart = start
    this.#end = start + length > limit ? -1 : start + length
  }

  #touch(limit: number): void {
    if (this.#end < 0) return
    if (this.#end + 8 > limit) {
      this.#end = -1
      return
    }
    this.touchedAtMs = this.view.getFloat64(this.#end, true)
    this.#end += 8
  }
}
