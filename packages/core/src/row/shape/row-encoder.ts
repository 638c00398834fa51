import { compile } from '../../type/compile.ts'
import { isDate } from '../../type/date-value.ts'
import { isPlain } from '../../type/plain-object.ts'
import { rowTag } from '../frame.ts'
import { writeText } from '../row-text.ts'
import { writeAny, writeBigint, writeBytes } from '../row-value.ts'
import { encoded, encoderSource } from './encoder-source.ts'
import type { RowShape } from './shape.ts'

/** What an encoder writes into: the part of a RowWriter that generated code touches. */
export interface RowTarget {
  readonly bytes: Uint8Array
  readonly view: DataView
  /** Rows must end at or before this position. */
  readonly limit: number
  position: number
  frameRecords: number
}

/** Writes one record as a row; see `encoderSource`. */
export type RowEncoder = (target: RowTarget, record: unknown, key: unknown, hash: number) => number

/** Encodes a record in whichever of the shapes it fits, or calls `writeSlowly` of the writer. */
export type RowWrite = (this: unknown, record: unknown, key: unknown, hash: number) => void

export interface CompiledEncoders {
  /** To become the `write` method of a writer. */
  readonly write: RowWrite
  /** One per shape. */
  readonly encoders: readonly RowEncoder[]
}

/** Code for the shapes of an edge: the n-th has the tag 16 + n. */
export function compileEncoders(
  shapes: readonly RowShape[],
  options: { readonly isExact: boolean },
): CompiledEncoders {
  const names = shapes.map((_, i) => `encode${i}`)
  const sources = shapes.map((shape, i) =>
    encoderSource(shape, { tag: rowTag.firstShape + i, name: `encode${i}`, ...options }),
  )
  const source = [
    ...sources,
    names.length === 1 ? writeOne : writeMany(names),
    `return { write, encoders: [${names.join(', ')}] };`,
  ].join('\n')
  return compile(source, {
    writeText,
    writeBigint,
    writeBytes,
    writeAny,
    hasFieldsInOrder,
    isPlain,
    isDate,
    isArray: Array.isArray,
    hasOwn: Object.hasOwn,
    ownNames: Object.keys,
  })
}

const writeOne = `function write(record, key, hash) {
  if (encode0(this, record, key, hash) !== ${encoded.done}) this.writeSlowly(record, key, hash);
}`

/** The shape used last comes first, then the others. */
function writeMany(names: readonly string[]): string {
  const call = (name: string): string => `${name}(this, record, key, hash)`
  return [
    'let last = 0;',
    'function write(record, key, hash) {',
    'switch (last) {',
    ...names.map((name, i) => `case ${i}: if (${call(name)} === ${encoded.done}) return; break;`),
    '}',
    ...names.map(
      (name, i) =>
        `if (last !== ${i} && ${call(name)} === ${encoded.done}) { last = ${i}; return; }`,
    ),
    'this.writeSlowly(record, key, hash);',
    '}',
  ].join('\n')
}

/** Whether an object's fields are these, in this order; those in `skippable` may be left out. */
function hasFieldsInOrder(
  object: object,
  names: readonly string[],
  skippable: readonly boolean[],
): boolean {
  let next = 0
  for (const name in object) {
    while (next < names.length && names[next] !== name && skippable[next]) next++
    if (names[next] !== name) return false
    next++
  }
  while (next < names.length && skippable[next]) next++
  return next === names.length
}
