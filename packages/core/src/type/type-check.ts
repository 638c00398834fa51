import { compile, fieldSource, quote } from './compile.ts'
import { isDate } from './date-value.ts'
import { isPlain } from './plain-object.ts'
import type { ObjectField, TypeDescriptor } from './type-descriptor.ts'
import { explainMismatch } from './type-mismatch.ts'

/** Returns why a value does not have the type, or undefined where it has it. */
export type TypeChecker = (value: unknown) => string | undefined

/**
 * A checker for a declared type. Generated code tells whether the value has it; only if not, the
 * reason is looked for: `field 'amount': expected float64, found string "12"`.
 */
export function createTypeChecker(type: TypeDescriptor): TypeChecker {
  const source = new TestSource()
  const has = compile<(value: unknown) => boolean>(source.build(type), {
    isArray: Array.isArray,
    hasOwn: Object.hasOwn,
    ownNames: Object.keys,
    isDate,
    isPlain,
  })
  return (value) => (has(value) ? undefined : explainMismatch(type, value))
}

const no = 'return false;'

class TestSource {
  #nameCount = 0

  build(type: TypeDescriptor): string {
    return ['return function hasType(value) {', ...this.#test(type, 'value'), 'return true;', '}']
      .filter((line) => line !== '')
      .join('\n')
  }

  #name(): string {
    return `v${this.#nameCount++}`
  }

  #test(type: TypeDescriptor, value: string): readonly string[] {
    switch (type.kind) {
      case 'any':
        return []
      case 'int32':
        return [`if (typeof ${value} !== 'number' || !Object.is(${value} | 0, ${value})) ${no}`]
      case 'bytes':
        return [`if (!(${value} instanceof Uint8Array)) ${no}`]
      case 'date':
        return [`if (!isDate(${value})) ${no}`]
      case 'optional':
        return [`if (${value} !== undefined) {`, ...this.#test(type.of, value), '}']
      case 'nullable':
        return [`if (${value} !== null) {`, ...this.#test(type.of, value), '}']
      case 'array':
        return this.#array(type.of, value)
      case 'tuple':
        return this.#tuple(type.items, value)
      case 'object':
        return this.#object(type.fields, value)
      default:
        return [
          `if (typeof ${value} !== '${type.kind === 'float64' ? 'number' : type.kind}') ${no}`,
        ]
    }
  }

  #array(of: TypeDescriptor, value: string): readonly string[] {
    const [i, item] = [this.#name(), this.#name()]
    return [
      `if (!isArray(${value})) ${no}`,
      `for (let ${i} = 0; ${i} < ${value}.length; ${i}++) {`,
      `const ${item} = ${value}[${i}];`,
      `if (${item} === undefined && !(${i} in ${value})) ${no}`,
      ...this.#test(of, item),
      '}',
    ]
  }

  #tuple(types: readonly TypeDescriptor[], value: string): readonly string[] {
    const tests = types.flatMap((type, i) => {
      const item = this.#name()
      const isHole = `${item} === undefined && !(${i} in ${value})`
      const test = this.#test(type, item)
      return [`const ${item} = ${value}[${i}];`, `if (${isHole}) ${no}`, ...test]
    })
    return [`if (!isArray(${value}) || ${value}.length !== ${types.length}) ${no}`, ...tests]
  }

  #object(fields: readonly ObjectField[], value: string): readonly string[] {
    const count = this.#name()
    const tests = fields.flatMap(({ name, type }) => {
      const field = this.#name()
      const isAbsent = `${field} === undefined && !hasOwn(${value}, ${quote(name)})`
      return [
        `const ${field} = ${fieldSource(value, name)};`,
        `if (${isAbsent}) ${type.kind === 'optional' ? `${count}--;` : no}`,
        ...this.#test(type, field),
      ]
    })
    return [
      `if (typeof ${value} !== 'object' || ${value} === null || isArray(${value})) ${no}`,
      `if (${value}.constructor !== Object && !isPlain(${value})) ${no}`,
      `let ${count} = ${fields.length};`,
      ...tests,
      `if (ownNames(${value}).length > ${count}) ${no}`,
    ]
  }
}
