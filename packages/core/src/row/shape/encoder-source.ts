import { fieldSource, quote } from '../../type/compile.ts'
import type { ObjectField, TypeDescriptor } from '../../type/type-descriptor.ts'
import { fixedBytesOf, keyPartBytes, optionalMark } from './row-layout.ts'
import type { RowShape } from './shape.ts'

/** What an encoder returns. */
export const encoded = { done: 0, misfit: 1, overflow: 2 } as const

/**
 * Source text that declares a function `name(writer, record, key, hash)`. It writes one record of
 * the shape as a row with this tag behind `writer.position`. It returns `encoded.done` and has
 * moved the position on, or another of `encoded` and has not. The text names what `encoderScope`
 * holds.
 *
 * With `isExact` a record fits only if it would come back as it was: with the same fields in the
 * same order. Else (a declared type) any order will do, and a Buffer for bytes.
 */
export function encoderSource(
  shape: RowShape,
  options: { readonly tag: number; readonly isExact: boolean; readonly name: string },
): string {
  const source = new EncoderSource(shape, options)
  return source.build(options)
}

const misfit = `return ${encoded.misfit};`
const overflow = `return ${encoded.overflow};`

class EncoderSource {
  readonly #shape: RowShape
  readonly #isExact: boolean
  /** Statements, in the order in which they run. */
  readonly #declarations: string[] = []
  readonly #checks: string[] = []
  readonly #fixed: string[] = []
  readonly #variable: string[] = []
  #fixedEnd: number
  #nameCount = 0

  constructor(shape: RowShape, { isExact }: { readonly isExact: boolean }) {
    this.#shape = shape
    this.#isExact = isExact
    this.#fixedEnd = 1 + keyPartBytes[shape.key]
  }

  build({ tag, name }: { readonly tag: number; readonly name: string }): string {
    const { key, type } = this.#shape
    if (key === 'number') this.#checks.push(`if (typeof key !== 'number') ${misfit}`)
    this.#flat(type, 'record', '')
    const keyPart = key === 'none' ? [] : ['view.setInt32(p + 1, hash, true);']
    if (key === 'number') keyPart.push('view.setFloat64(p + 5, key, true);')
    return [
      `const ${name} = (() => {`,
      ...this.#declarations,
      `return function ${name}(writer, record, key, hash) {`,
      ...this.#checks,
      'const limit = writer.limit;',
      'let p = writer.position;',
      `if (p + ${this.#fixedEnd} > limit) ${overflow}`,
      'const bytes = writer.bytes, view = writer.view;',
      `bytes[p] = ${tag};`,
      ...keyPart,
      ...this.#fixed,
      `p += ${this.#fixedEnd};`,
      ...this.#variable,
      'writer.position = p;',
      'writer.frameRecords++;',
      `return ${encoded.done};`,
      '};',
      '})();',
    ].join('\n')
  }

  #name(prefix: string): string {
    return `${prefix}${this.#nameCount++}`
  }

  /** A value that every record has: checked at once, fixed if it can be. */
  #flat(type: TypeDescriptor, value: string, path: string): void {
    if (type.kind === 'object') {
      this.#checks.push(...this.#objectCheck(value))
      for (const [field, name] of this.#fields(this.#checks, type.fields, value)) {
        this.#flatField(field, name, path)
      }
      return
    }
    if (type.kind === 'tuple') {
      this.#checks.push(tupleCheck(value, type.items.length))
      type.items.forEach((item, i) => {
        const name = this.#name('v')
        this.#checks.push(...itemDeclaration(item, name, value, `${i}`))
        this.#flat(item, name, `${path}[${i}]`)
      })
      return
    }
    const bytes = fixedBytesOf(type)
    if (bytes === undefined) {
      this.#variable.push(...this.#sequential(type, value, path))
      return
    }
    this.#checks.push(fixedCheck(type, value))
    this.#fixed.push(fixedStore(type, `p + ${this.#fixedEnd}`, value))
    this.#fixedEnd += bytes
  }

  #flatField(field: ObjectField, name: FieldValue, path: string): void {
    const fieldPath = `${path}.${field.name}`
    if (field.type.kind !== 'optional') this.#flat(field.type, name.value, fieldPath)
    else this.#variable.push(...this.#optional(field.type.of, name, fieldPath))
  }

  /** Declares the fields' values, and checks that there are no others. */
  #fields(
    statements: string[],
    fields: readonly ObjectField[],
    object: string,
  ): readonly (readonly [ObjectField, FieldValue])[] {
    const named = fields.map((field): readonly [ObjectField, FieldValue] => {
      const value = this.#name('v')
      const isMissing = field.type.kind === 'optional' ? this.#name('m') : undefined
      const has = `hasOwn(${object}, ${quote(field.name)})`
      statements.push(`const ${value} = ${fieldSource(object, field.name)};`)
      if (isMissing !== undefined) {
        statements.push(`const ${isMissing} = ${value} === undefined && !${has} ? 1 : 0;`)
      } else if (takesUndefined(field.type)) {
        statements.push(`if (${value} === undefined && !${has}) ${misfit}`)
      }
      return [field, { value, isMissing }]
    })
    statements.push(...(this.#isExact ? this.#sameNames(fields, object) : noMore(named, object)))
    return named
  }

  /** Names in a constant order are compared where there are few; else a list of them is. */
  #sameNames(fields: readonly ObjectField[], object: string): readonly string[] {
    const count = fields.length
    const names = fields.map((field) => quote(field.name))
    if (fields.some((field) => field.type.kind === 'optional')) {
      const list = this.#constant(`[${names.join(', ')}]`)
      const skippable = fields.map((field) => field.type.kind === 'optional')
      const skips = this.#constant(`[${skippable.join(', ')}]`)
      return [`if (!hasFieldsInOrder(${object}, ${list}, ${skips})) ${misfit}`]
    }
    const n = this.#name('n')
    const expected =
      count <= 4
        ? `(${names.map((name, i) => `${n} === ${i} ? ${name} : `).join('')}undefined)`
        : `${this.#constant(`[${names.join(', ')}]`)}[${n}]`
    return [
      `let ${n} = 0;`,
      `for (const name in ${object}) { if (name !== ${expected}) ${misfit} ${n}++; }`,
      `if (${n} !== ${count}) ${misfit}`,
    ]
  }

  #constant(source: string): string {
    const name = this.#name('c')
    this.#declarations.push(`const ${name} = ${source};`)
    return name
  }

  /** The class seen last is remembered: it was found to be plain. */
  #objectCheck(value: string): readonly string[] {
    const seen = this.#name('seen')
    this.#declarations.push(`let ${seen} = Object;`)
    return [
      `if (typeof ${value} !== 'object' || ${value} === null) ${misfit}`,
      `if (${value}.constructor !== ${seen}) {`,
      `if (!isPlain(${value})) ${misfit}`,
      `if (!hasOwn(${value}, 'constructor')) ${seen} = ${value}.constructor;`,
      '}',
    ]
  }

  /** A value of the variable part, at `p`. */
  #sequential(type: TypeDescriptor, value: string, path: string): readonly string[] {
    switch (type.kind) {
      case 'string':
        return [typeofCheck(value, 'string'), ...putText(value)]
      case 'bigint':
        return [typeofCheck(value, 'bigint'), ...put('writeBigint', value)]
      case 'bytes':
        return [bytesCheck(value, this.#isExact), ...put('writeBytes', value)]
      case 'any':
        return put('writeAny', `${value}, ${quote(path)}`)
      case 'optional':
        return this.#optional(type.of, { value, isMissing: undefined }, path)
      case 'nullable':
        return [
          `if (p >= limit) ${overflow}`,
          `if (${value} === null) bytes[p++] = 0;`,
          `else { bytes[p++] = 1;`,
          ...this.#sequential(type.of, value, path),
          '}',
        ]
      case 'array':
        return this.#array(type.of, value, path)
      case 'tuple':
        return this.#tuple(type.items, value, path)
      case 'object':
        return this.#object(type.fields, value, path)
      default: {
        const bytes = fixedBytesOf(type) as number
        const check = `if (p + ${bytes} > limit) ${overflow}`
        return [fixedCheck(type, value), check, fixedStore(type, 'p', value), `p += ${bytes};`]
      }
    }
  }

  #optional(of: TypeDescriptor, { value, isMissing }: FieldValue, path: string): readonly string[] {
    const mark =
      isMissing === undefined ? optionalMark.undefined : `${optionalMark.undefined} - ${isMissing}`
    return [
      `if (p >= limit) ${overflow}`,
      `if (${value} === undefined) bytes[p++] = ${mark};`,
      `else { bytes[p++] = ${optionalMark.value};`,
      ...this.#sequential(of, value, path),
      '}',
    ]
  }

  #array(of: TypeDescriptor, value: string, path: string): readonly string[] {
    const [i, item, count] = [this.#name('i'), this.#name('v'), this.#name('n')]
    return [
      `if (!isArray(${value})) ${misfit}`,
      `const ${count} = ${value}.length;`,
      `if (p + 4 > limit) ${overflow}`,
      `view.setUint32(p, ${count}, true); p += 4;`,
      `for (let ${i} = 0; ${i} < ${count}; ${i}++) {`,
      ...itemDeclaration(of, item, value, i),
      ...this.#sequential(of, item, `${path}[]`),
      '}',
    ]
  }

  #tuple(items: readonly TypeDescriptor[], value: string, path: string): readonly string[] {
    const parts = items.flatMap((item, i) => {
      const name = this.#name('v')
      const parts = this.#sequential(item, name, `${path}[${i}]`)
      return [...itemDeclaration(item, name, value, `${i}`), ...parts]
    })
    return [tupleCheck(value, items.length), ...parts]
  }

  #object(fields: readonly ObjectField[], value: string, path: string): readonly string[] {
    const statements = [...this.#objectCheck(value)]
    for (const [field, name] of this.#fields(statements, fields, value)) {
      const { type } = field
      const fieldPath = `${path}.${field.name}`
      if (type.kind === 'optional') statements.push(...this.#optional(type.of, name, fieldPath))
      else statements.push(...this.#sequential(type, name.value, fieldPath))
    }
    return statements
  }
}

/** Names of the variables that hold a field's value, and 1 or 0 for an optional one. */
interface FieldValue {
  readonly value: string
  readonly isMissing: string | undefined
}

/** A field more than declared must not be dropped in silence. */
function noMore(
  fields: readonly (readonly [ObjectField, FieldValue])[],
  object: string,
): readonly string[] {
  const missing = fields.flatMap(([, { isMissing }]) => isMissing ?? [])
  const countMax = [fields.length, ...missing].join(' - ')
  return [
    `{ let n = 0; for (const name in ${object}) n++;`,
    `if (n > ${countMax} && ownNames(${object}).length > ${countMax}) ${misfit} }`,
  ]
}

function takesUndefined(type: TypeDescriptor): boolean {
  if (type.kind === 'nullable') return takesUndefined(type.of)
  return type.kind === 'any' || type.kind === 'optional'
}

/** Only the generic encoding can tell a hole from undefined. */
function itemDeclaration(
  type: TypeDescriptor,
  name: string,
  array: string,
  index: string,
): readonly string[] {
  const isHole = `${name} === undefined && !(${index} in ${array})`
  const check = takesUndefined(type) ? [`if (${isHole}) ${misfit}`] : []
  return [`const ${name} = ${array}[${index}];`, ...check]
}

function put(write: string, value: string): readonly string[] {
  return [`p = ${write}(bytes, p, limit, ${value});`, `if (p < 0) ${overflow}`]
}

function putText(value: string): readonly string[] {
  return [`p = writeText(bytes, view, p, limit, ${value});`, `if (p < 0) ${overflow}`]
}

function typeofCheck(value: string, type: string): string {
  return `if (typeof ${value} !== '${type}') ${misfit}`
}

function bytesCheck(value: string, isExact: boolean): string {
  const exactly = isExact ? ` || ${value}.constructor !== Uint8Array` : ''
  return `if (!(${value} instanceof Uint8Array)${exactly}) ${misfit}`
}

function tupleCheck(value: string, count: number): string {
  return `if (!isArray(${value}) || ${value}.length !== ${count}) ${misfit}`
}

function fixedCheck(type: TypeDescriptor, value: string): string {
  switch (type.kind) {
    case 'int32':
      return `if (typeof ${value} !== 'number' || !Object.is(${value} | 0, ${value})) ${misfit}`
    case 'date':
      return `if (!isDate(${value})) ${misfit}`
    default:
      return typeofCheck(value, type.kind === 'boolean' ? 'boolean' : 'number')
  }
}

function fixedStore(type: TypeDescriptor, position: string, value: string): string {
  switch (type.kind) {
    case 'int32':
      return `view.setInt32(${position}, ${value}, true);`
    case 'boolean':
      return `bytes[${position}] = ${value} ? 1 : 0;`
    case 'date':
      return `view.setFloat64(${position}, ${value}.getTime(), true);`
    default:
      return `view.setFloat64(${position}, ${value}, true);`
  }
}
