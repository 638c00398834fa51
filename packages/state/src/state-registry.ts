import {
  MillraceError,
  type StateDescription,
  type StateTtlConfig,
  unreachable,
} from '@millrace/core'

/** The states of one backend by name, and what each was asked for as. */
export class StateRegistry<State> {
  readonly #registered = new Map<
    string,
    { readonly description: StateDescription; readonly state: State }
  >()

  /** The state of that name; `make` makes it where it is asked for the first time. */
  get<S extends State>(description: StateDescription, make: () => S): S {
    const registered = this.#registered.get(description.name)
    if (registered === undefined) {
      const state = make()
      this.#registered.set(description.name, { description, state })
      return state
    }
    const difference = differenceOf(registered.description, description)
    if (difference === undefined) return registered.state as S
    throw new MillraceError(
      'STATE_NAME_DUPLICATE',
      `State '${description.name}' is asked for twice, with ${difference}. Give each state of an ` +
        'operator a name of its own, or use one descriptor for both.',
      { blame: 'user', details: { state: description.name } },
    )
  }

  clear(): void {
    this.#registered.clear()
  }
}

function differenceOf(one: StateDescription, other: StateDescription): string | undefined {
  if (one.kind !== other.kind) return `the kinds '${one.kind}' and '${other.kind}'`
  const [types, otherTypes] = [typesOf(one), typesOf(other)]
  if (types !== otherTypes) return `the types ${types} and ${otherTypes}`
  const [ttl, otherTtl] = [ttlText(one.ttl), ttlText(other.ttl)]
  if (ttl !== otherTtl) return `the times to live ${ttl} and ${otherTtl}`
  return functionOf(one) === functionOf(other) ? undefined : 'two functions'
}

function typesOf(description: StateDescription): string {
  switch (description.kind) {
    case 'value':
    case 'reducing':
      return typeText(description.type)
    case 'list':
      return typeText(description.elementType)
    case 'map':
      return `${typeText(description.keyType)} to ${typeText(description.valueType)}`
    case 'aggregating':
      return typeText(description.accumulatorType)
    default:
      return unreachable(description)
  }
}

function typeText(type: { readonly descriptor: unknown } | undefined): string {
  return type === undefined ? '(not declared)' : JSON.stringify(type.descriptor)
}

function ttlText(ttl: StateTtlConfig | undefined): string {
  if (ttl === undefined) return '(none)'
  const { ms, update = 'on-create-and-write', visibility = 'never-return-expired' } = ttl
  return `${ms} ms ${update} ${visibility}`
}

function functionOf(description: StateDescription): unknown {
  switch (description.kind) {
    case 'reducing':
      return description.reduceFunction
    case 'aggregating':
      return description.aggregateFunction
    default:
      return undefined
  }
}
