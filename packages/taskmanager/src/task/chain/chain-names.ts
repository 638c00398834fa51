import type { EmissionNames } from './emission-code.ts'

/** The names in a chain's text: of what is bound to it from outside, and of its own variables. */
export class ChainNames implements EmissionNames {
  readonly #bindings: unknown[] = []
  readonly #names = new Map<unknown, string>()
  #localCount = 0

  /** In the order of `bindingNames`. */
  get bindings(): readonly unknown[] {
    return this.#bindings
  }

  get bindingNames(): readonly string[] {
    return [...this.#names.values()]
  }

  /** The same object has one name. */
  bind(object: unknown, hint = 'bound'): string {
    const known = this.#names.get(object)
    if (known !== undefined) return known
    const name = `${hint.replace(/\W/g, '_')}$${this.#bindings.length}`
    this.#bindings.push(object)
    this.#names.set(object, name)
    return name
  }

  /** A variable that nothing else in the text is named like. */
  local(hint: string): string {
    return `${hint.replace(/\W/g, '_')}_${this.#localCount++}`
  }
}
