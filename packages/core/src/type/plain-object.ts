/**
 * Whether an object is no more than its fields: a literal, an instance of a user's class, or
 * without a prototype. Map, Promise, Error, RegExp and their like are not: each has its own tag.
 */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return true
  return Object.prototype.toString.call(value) === '[object Object]'
}
