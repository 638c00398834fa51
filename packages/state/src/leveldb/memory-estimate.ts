/** About what a value takes on the JavaScript heap, in bytes. */
export function estimateBytes(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return 24 + value.length
    case 'object':
      return value === null ? 0 : estimateObjectBytes(value)
    case 'bigint':
      return 32
    default:
      return 8
  }
}

function estimateObjectBytes(value: object): number {
  if (ArrayBuffer.isView(value)) return 120 + value.byteLength
  let sum = 32
  if (Array.isArray(value)) {
    for (const each of value) sum += 8 + estimateBytes(each)
  } else if (value instanceof Map) {
    for (const [key, each] of value) sum += 40 + estimateBytes(key) + estimateBytes(each)
  } else if (value instanceof Set) {
    for (const each of value) sum += 32 + estimateBytes(each)
  } else {
    for (const name in value) {
      sum += 8 + estimateBytes((value as Readonly<Record<string, unknown>>)[name])
    }
  }
  return sum
}
