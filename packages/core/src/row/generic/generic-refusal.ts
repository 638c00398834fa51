import { MillraceError } from '../../errors.ts'
import { isDate } from '../../type/date-value.ts'
import { isPlain } from '../../type/plain-object.ts'

/**
 * The error for a value, found at `base` of a record, that has no generic encoding: finds the part
 * that is to blame.
 */
export function refusal(value: unknown, base: string, depthMax: number): MillraceError {
  const found = findRefused(value, { path: base, ancestors: [], depthMax })
  const { path, what } = found ?? { path: base, what: 'a value that changed while it was read' }
  const where = path === '' ? 'A value' : `A value's part '${path.replace(/^\./, '')}'`
  return new MillraceError(
    'RECORD_TYPE_MISMATCH',
    `${where} is ${what}, which can be neither sent to another task nor stored.` +
      ' Use plain objects and arrays of numbers, strings, booleans, null, bigints, dates, bytes,' +
      ' maps and sets instead, or leave this part out.',
    { blame: 'user', disposition: 'fail-job', details: { path } },
  )
}

interface Place {
  readonly path: string
  readonly ancestors: readonly object[]
  readonly depthMax: number
}

interface Refused {
  readonly path: string
  readonly what: string
}

function findRefused(value: unknown, place: Place): Refused | undefined {
  const { path, ancestors, depthMax } = place
  if (typeof value === 'function') return { path, what: `the function '${value.name}'` }
  if (typeof value === 'symbol') return { path, what: `the symbol ${String(value)}` }
  if (typeof value !== 'object' || value === null) return undefined
  if (ancestors.includes(value)) return { path, what: 'an object that contains itself' }
  if (ancestors.length >= depthMax) return { path, what: `nested more than ${depthMax} deep` }
  if (isDate(value) || ArrayBuffer.isView(value)) return isEncodableLeaf(value, path)
  const inside = { ancestors: [...ancestors, value], depthMax }
  for (const [step, part] of partsOf(value)) {
    const refused = findRefused(part, { ...inside, path: path + step })
    if (refused !== undefined) return refused
  }
  const isContainer = Array.isArray(value) || value instanceof Map || value instanceof Set
  return isContainer || isPlain(value) ? undefined : { path, what: describeClass(value) }
}

function isEncodableLeaf(value: object, path: string): Refused | undefined {
  const name = classOf(value)
  const isEncodable = name !== 'DataView' && name !== 'Float16Array'
  return isEncodable ? undefined : { path, what: describeClass(value) }
}

function* partsOf(value: object): Iterable<readonly [step: string, part: unknown]> {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) yield [`[${i}]`, value[i]]
  } else if (value instanceof Map) {
    let index = 0
    for (const [key, item] of value) {
      yield [`.key(${index})`, key]
      yield [`.value(${index++})`, item]
    }
  } else if (value instanceof Set) {
    let index = 0
    for (const item of value) yield [`.value(${index++})`, item]
  } else if (isPlain(value)) {
    for (const [name, field] of Object.entries(value)) yield [`.${name}`, field]
  }
}

function classOf(value: object): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1)
}

function describeClass(value: object): string {
  return `an object of the class ${classOf(value)}`
}
