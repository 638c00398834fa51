let compiledCount = 0

/**
 * Makes a function of generated source text: `source` is the body of a function whose parameters
 * are the names in `scope`, and returns what is wanted. Texts take no values but through `scope`
 * and no names but through `quote`.
 */
export function compile<T>(source: string, scope: Readonly<Record<string, unknown>>): T {
  // Equal texts would share one code object and its type feedback; the number keeps them apart,
  // so that each copy is optimised for its own callers.
  const text = `'use strict'; // ${++compiledCount}\n${source}`
  const make = new Function(...Object.keys(scope), text) as (...values: unknown[]) => T
  return make(...Object.values(scope))
}

/** A field's name as a string literal of source text. */
export function quote(name: string): string {
  return JSON.stringify(name)
}

/** A field in an object literal: `"__proto__": x` would set the prototype. */
export function literalName(name: string): string {
  return name === '__proto__' ? '["__proto__"]' : quote(name)
}

/**
 * Source text that reads a field. Names that every object has from its prototype (`constructor`,
 * `toString`, …) are fields only where they are its own. The text names `hasOwn`.
 */
export function fieldSource(object: string, name: string): string {
  const field = `${object}[${quote(name)}]`
  return isInherited(name) ? `(hasOwn(${object}, ${quote(name)}) ? ${field} : undefined)` : field
}

/** Whether objects without a field of this name seem to have it. */
export function isInherited(name: string): boolean {
  return name in Object.prototype
}
