import { literalName, quote } from '../../type/compile.ts'
import type { ObjectField, TypeDescriptor } from '../../type/type-descriptor.ts'
import { textMark } from '../row-text.ts'
import { bytesMin, fixedBytesOf, keyPartBytes, optionalMark } from './row-layout.ts'
import type { RowShape } from './shape.ts'

/**
 * Source text of a function `(reader)` that reads the rows of this shape that follow each other
 * at `reader.position`, and gives each to `process`. It returns true where `suspension` stopped
 * it; the position is that of the next row in either case. The text names what `decoderScope`
 * holds.
 */
export function decoderSource(
  shape: RowShape,
  options: { readonly isKeyed: boolean; readonly canSuspend: boolean },
): string {
  return new DecoderSource().build(shape, options)
}

class DecoderSource {
  /** Statements that read the variable part, in its order; `q` is the position. */
  readonly #variable: string[] = []
  #fixedEnd = 0
  #nameCount = 0
  #hasText = false

  build(
    { key, type }: RowShape,
    { isKeyed, canSuspend }: { readonly isKeyed: boolean; readonly canSuspend: boolean },
  ): string {
    this.#fixedEnd = 1 + keyPartBytes[key]
    const value = this.#flat(type)
    const hasVariable = this.#variable.length > 0
    const suspended =
      'if (suspension.suspended) { reader.position = p; reader.frameRecords += rows; return true; }'
    return [
      'return function readRows(reader) {',
      'const view = reader.view, bytes = reader.bytes, end = reader.end, row = reader.position;',
      'const max = reader.pauseAt - reader.frameRecords;',
      this.#hasText ? 'const text = reader.text === null ? reader.takeText() : reader.text;' : '',
      'const tag = bytes[row];',
      'let p = row, rows = 0;',
      'do {',
      `if (p + ${this.#fixedEnd} > end) reader.corrupt(p, 'a row ends after the frame');`,
      hasVariable ? `let q = p + ${this.#fixedEnd};` : '',
      ...this.#variable,
      hasVariable ? "if (q > end) reader.corrupt(p, 'a row ends after the frame');" : '',
      `const value = ${value};`,
      keyStatement(key, isKeyed),
      hasVariable ? 'p = q;' : `p += ${this.#fixedEnd};`,
      'rows++;',
      isKeyed ? 'process(value, key, hash);' : 'process(value, undefined, 0);',
      canSuspend ? suspended : '',
      '} while (p < end && bytes[p] === tag && rows < max);',
      'reader.position = p;',
      'reader.frameRecords += rows;',
      'return false;',
      '};',
    ].join('\n')
  }

  #name(prefix: string): string {
    return `${prefix}${this.#nameCount++}`
  }

  /** Expression of a value that every record has. */
  #flat(type: TypeDescriptor): string {
    if (type.kind === 'object') {
      return this.#objectOf(type.fields, (field) =>
        field.type.kind === 'optional'
          ? this.#optional(field.type.of, this.#variable)
          : { value: this.#flat(field.type) },
      )
    }
    if (type.kind === 'tuple') return `[${type.items.map((item) => this.#flat(item)).join(', ')}]`
    const bytes = fixedBytesOf(type)
    if (bytes === undefined) return this.#sequential(type, this.#variable)
    const value = fixedLoad(type, `p + ${this.#fixedEnd}`)
    this.#fixedEnd += bytes
    return value
  }

  /** Expression of a value whose statements, appended to `to`, read it at `q`. */
  #sequential(type: TypeDescriptor, to: string[]): string {
    switch (type.kind) {
      case 'string':
        return this.#text(to)
      case 'bigint':
        return this.#lengthed('readBigint', to)
      case 'bytes':
        return this.#lengthed('readBytes', to)
      case 'any':
        return this.#declared(to, 'reader.readAny(q)', 'q = reader.valueEnd;')
      case 'optional':
        return this.#optional(type.of, to).value
      case 'nullable':
        return this.#nullable(type.of, to)
      case 'array':
        return this.#array(type.of, to)
      case 'tuple':
        return `[${type.items.map((item) => this.#sequential(item, to)).join(', ')}]`
      case 'object':
        return this.#objectOf(
          type.fields,
          (field) =>
            field.type.kind === 'optional'
              ? this.#optional(field.type.of, to)
              : { value: this.#sequential(field.type, to) },
          to,
        )
      default: {
        const bytes = fixedBytesOf(type) as number
        to.push(`if (q + ${bytes} > end) reader.corrupt(p, 'a row ends after the frame');`)
        return this.#declared(to, fixedLoad(type, 'q'), `q += ${bytes};`)
      }
    }
  }

  /** Binds an expression to a name, for code behind it that moves the position. */
  #declared(to: string[], expression: string, ...statements: readonly string[]): string {
    const name = this.#name('v')
    to.push(`const ${name} = ${expression};`, ...statements)
    return name
  }

  /** A short text is cut out of the frame's; `q` past the end makes an empty one, and is found. */
  #text(to: string[]): string {
    this.#hasText = true
    const [name, length] = [this.#name('v'), this.#name('n')]
    to.push(
      `let ${name}; const ${length} = bytes[q];`,
      `if (${length} <= ${textMark.lengthMax}) {`,
      `q += 1 + ${length}; ${name} = text.substring(q - ${length}, q);`,
      `} else { ${name} = reader.readLongText(q); q = reader.valueEnd; }`,
    )
    return name
  }

  #lengthed(read: string, to: string[]): string {
    const length = this.#name('n')
    to.push(
      "if (q + 4 > end) reader.corrupt(p, 'a row ends after the frame');",
      `const ${length} = view.getUint32(q, true); q += 4 + ${length};`,
      "if (q > end) reader.corrupt(p, 'a row ends after the frame');",
    )
    return this.#declared(to, `${read}(bytes, q - ${length}, q)`)
  }

  #optional(of: TypeDescriptor, to: string[]): FieldValue {
    const [value, mark] = [this.#name('v'), this.#name('m')]
    to.push(`let ${value}; const ${mark} = bytes[q++];`, `if (${mark} === ${optionalMark.value}) {`)
    const read = this.#sequential(of, to)
    to.push(
      `${value} = ${read};`,
      `} else if (!(${mark} <= ${optionalMark.undefined})) reader.corrupt(p, 'no mark is ' + ` +
        `${mark});`,
    )
    return { value, mark }
  }

  #nullable(of: TypeDescriptor, to: string[]): string {
    const [value, mark] = [this.#name('v'), this.#name('m')]
    to.push(`let ${value} = null; const ${mark} = bytes[q++];`, `if (${mark} === 1) {`)
    const read = this.#sequential(of, to)
    to.push(
      `${value} = ${read};`,
      `} else if (${mark} !== 0) reader.corrupt(p, 'no mark is ' + ${mark});`,
    )
    return value
  }

  #array(of: TypeDescriptor, to: string[]): string {
    const [value, i, length] = [this.#name('v'), this.#name('i'), this.#name('n')]
    to.push(
      "if (q + 4 > end) reader.corrupt(p, 'a row ends after the frame');",
      `const ${value} = [], ${length} = view.getUint32(q, true); q += 4;`,
      `if (q + ${length} * ${bytesMin(of)} > end) reader.corrupt(p, 'no list is so long');`,
      `for (let ${i} = 0; ${i} < ${length}; ${i}++) {`,
    )
    const item = this.#sequential(of, to)
    to.push(`${value}.push(${item});`, '}')
    return value
  }

  /** A literal where every field is there; else the fields that are, one after the other. */
  #objectOf(
    fields: readonly ObjectField[],
    read: (field: ObjectField) => FieldValue,
    to: string[] = this.#variable,
  ): string {
    const values = fields.map(read)
    const names = fields.map((field) => field.name)
    const literal = names.map((name, i) => `${literalName(name)}: ${values[i]?.value}`).join(', ')
    const marks = values.flatMap(({ mark }) => mark ?? [])
    if (marks.length === 0) return `{ ${literal} }`
    const object = this.#name('v')
    to.push(
      `let ${object};`,
      `if (${marks.map((mark) => `${mark} !== ${optionalMark.missing}`).join(' && ')}) {`,
      `${object} = { ${literal} };`,
      `} else { ${object} = {};`,
      ...values.map(({ value, mark }, i) => {
        const set = setField(object, names[i] as string, value)
        return mark === undefined ? set : `if (${mark} !== ${optionalMark.missing}) ${set}`
      }),
      '}',
    )
    return object
  }
}

interface FieldValue {
  /** Expression. */
  readonly value: string
  /** Variable that holds an optional field's mark. */
  readonly mark?: string
}

function setField(object: string, name: string, value: string): string {
  if (name !== '__proto__') return `${object}[${quote(name)}] = ${value};`
  const descriptor = `{ value: ${value}, enumerable: true, configurable: true, writable: true }`
  return `Object.defineProperty(${object}, ${quote(name)}, ${descriptor});`
}

/** Declares `key` and `hash` where the consumer wants them: read, or evaluated again. */
function keyStatement(key: RowShape['key'], isKeyed: boolean): string {
  if (!isKeyed) return ''
  switch (key) {
    case 'number':
      return 'const hash = view.getInt32(p + 1, true), key = view.getFloat64(p + 5, true);'
    case 'hash':
      return 'const hash = view.getInt32(p + 1, true), key = keyOf(value);'
    case 'none':
      return 'const key = keyOf(value), hash = hashKey(key);'
  }
}

function fixedLoad(type: TypeDescriptor, position: string): string {
  switch (type.kind) {
    case 'int32':
      return `view.getInt32(${position}, true)`
    case 'boolean':
      return `bytes[${position}] === 1`
    case 'date':
      return `dateOf(view.getFloat64(${position}, true))`
    default:
      return `view.getFloat64(${position}, true)`
  }
}
