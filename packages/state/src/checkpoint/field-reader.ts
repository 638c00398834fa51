/** A value read from a file is not what its place demands; the message names place and value. */
export class FieldMismatch extends Error {
  constructor(path: string, found: unknown, expected: string) {
    super(`${path} is ${describe(found)}, not ${expected}`)
  }
}

/** The fields of an object that came from outside: each is checked when it is read. */
export class FieldReader {
  readonly #fields: Readonly<Record<string, unknown>>
  readonly #path: string

  /** The object must have exactly these fields. */
  constructor(value: unknown, path: string, names: readonly string[]) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new FieldMismatch(path, value, 'an object')
    }
    const found = Object.keys(value)
    const isSame = found.length === names.length && names.every((name) => found.includes(name))
    if (!isSame) {
      throw new FieldMismatch(path, `{ ${found.join(', ')} }`, `{ ${names.join(', ')} }`)
    }
    this.#fields = value as Readonly<Record<string, unknown>>
    this.#path = path
  }

  pathOf(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`
  }

  /** The value of a field, to be checked by the caller. */
  value(name: string): unknown {
    return this.#fields[name]
  }

  text(name: string): string {
    const value = this.#fields[name]
    if (typeof value === 'string') return value
    throw new FieldMismatch(this.pathOf(name), value, 'a text')
  }

  flag(name: string): boolean {
    const value = this.#fields[name]
    if (typeof value === 'boolean') return value
    throw new FieldMismatch(this.pathOf(name), value, 'true or false')
  }

  /** A whole number, `min` ≤ n ≤ `max`. */
  count(name: string, min = 0, max: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.#fields[name]
    const isCount =
      typeof value === 'number' && Number.isSafeInteger(value) && !Object.is(value, -0)
    if (isCount && value >= min && value <= max) return value
    throw new FieldMismatch(this.pathOf(name), value, `a whole number from ${min} to ${max}`)
  }

  bytes(name: string): Uint8Array {
    const value = this.#fields[name]
    if (value instanceof Uint8Array) return value
    throw new FieldMismatch(this.pathOf(name), value, 'bytes')
  }

  /** A text that `parse` accepts: it throws otherwise. */
  parsed<Value>(name: string, expected: string, parse: (text: string) => Value): Value {
    const text = this.text(name)
    try {
      return parse(text)
    } catch {
      throw new FieldMismatch(this.pathOf(name), text, expected)
    }
  }

  oneOf<Word extends string>(name: string, words: readonly Word[]): Word {
    const value = this.#fields[name]
    const word = words.find((each) => each === value)
    if (word !== undefined) return word
    throw new FieldMismatch(this.pathOf(name), value, `one of ${words.join(', ')}`)
  }

  list<Item>(name: string, read: (item: unknown, path: string) => Item): readonly Item[] {
    const value = this.#fields[name]
    if (!Array.isArray(value)) throw new FieldMismatch(this.pathOf(name), value, 'a list')
    const path = this.pathOf(name)
    return Array.from(value, (item: unknown, index) => read(item, `${path}[${index}]`))
  }

  object<Value>(name: string, read: (value: unknown, path: string) => Value): Value {
    return read(this.#fields[name], this.pathOf(name))
  }

  optional<Value>(name: string, read: (value: unknown, path: string) => Value): Value | undefined {
    return this.#fields[name] === undefined ? undefined : this.object(name, read)
  }
}

const shownMax = 100

function describe(value: unknown): string {
  if (typeof value === 'string') {
    return value.length > shownMax ? `'${value.slice(0, shownMax)}…'` : `'${value}'`
  }
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (value instanceof Uint8Array) return `${value.length} bytes`
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
