import { hashKey } from '../key/hash-key.ts'
import { compile } from '../type/compile.ts'
import { dateOf } from '../type/date-value.ts'
import { RowReader } from './row-reader.ts'
import { readBigint, readBytes } from './row-value.ts'
import { decoderSource } from './shape/decoder-source.ts'
import { parseShape } from './shape/shape.ts'

/** What receives the records of a gate. */
export interface RowConsumer {
  /**
   * Takes one record. Called as a plain function, once per record. On a gate that is not keyed,
   * `key` is undefined and `hash` 0.
   */
  readonly process: (value: unknown, key: unknown, hash: number) => void
  /** The key selector of a keyed gate. */
  readonly keyOf?: (value: unknown) => unknown
  /** Asked after each record: reading stops as soon as `suspended` is true. */
  readonly suspension?: { readonly suspended: boolean }
}

/** Reads rows of one shape; see `decoderSource`. */
export type RowDecoder = (reader: RowReader) => boolean

/**
 * The reading side of a gate: holds the code generated for each shape that any of its channels
 * announced. Channels that announce the same shape share it.
 */
export class RowDecoding {
  readonly consumer: RowConsumer
  readonly #decoders = new Map<string, RowDecoder>()

  constructor(consumer: RowConsumer) {
    this.consumer = consumer
  }

  /** The reader of one channel, which messages call `channelName`. */
  createReader(channelName: string): RowReader {
    return new RowReader(this, channelName)
  }

  /** The decoder of a SHAPE row's text. Throws a RangeError where the text is no shape's. */
  decoderOf(text: string): RowDecoder {
    const known = this.#decoders.get(text)
    if (known !== undefined) return known
    const { process, keyOf, suspension } = this.consumer
    const source = decoderSource(parseShape(text), {
      isKeyed: keyOf !== undefined,
      canSuspend: suspension !== undefined,
    })
    const scope = { process, keyOf, suspension, hashKey, readBigint, readBytes, dateOf }
    const decoder = compile<RowDecoder>(source, scope)
    this.#decoders.set(text, decoder)
    return decoder
  }
}
