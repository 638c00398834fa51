import {
  type DeclaredKeyedState,
  type DeclaredOperatorState,
  type ListStateDescription,
  type MapStateDescription,
  MillraceError,
  type OperatorStateMode,
  type OperatorStateStore,
  type StateDescription,
  stateShapeOf,
  type TypeDescriptor,
} from '@millrace/core'
import { BroadcastItems, ListItems } from './empty-states.ts'

/** Takes down which states an operator asks for. */
export class DeclaredStates {
  readonly #operatorName: string
  readonly #isKeyed: boolean
  readonly #keyed = new Map<string, DeclaredKeyedState>()
  readonly #operator = new Map<string, DeclaredOperatorState>()

  constructor(operatorName: string, isKeyed: boolean) {
    this.#operatorName = operatorName
    this.#isKeyed = isKeyed
  }

  /** Undefined: its input has no keys. */
  get keyedStates(): readonly DeclaredKeyedState[] | undefined {
    return this.#isKeyed ? [...this.#keyed.values()] : undefined
  }

  get operatorStates(): readonly DeclaredOperatorState[] {
    return [...this.#operator.values()]
  }

  /** What is asked for first holds: a task refuses the rest by itself. */
  addKeyed(description: StateDescription): void {
    const { name, movedFrom } = description
    if (!this.#isKeyed) {
      throw new MillraceError(
        'KEY_INVALID',
        `Operator '${this.#operatorName}' asks for the state '${name}', but its input has no ` +
          'keys. Call keyBy before it.',
        { blame: 'user' },
      )
    }
    if (this.#keyed.has(name)) return
    this.#keyed.set(name, { name, movedFrom, ...stateShapeOf(description) })
  }

  /** Holds nothing: what the operator makes of it stays here. */
  get store(): OperatorStateStore {
    return {
      getListState: (descriptor) => this.#list(descriptor, 'split'),
      getUnionListState: (descriptor) => this.#list(descriptor, 'union'),
      getBroadcastState: <K, V>(descriptor: MapStateDescription<K, V>) => {
        this.#add(descriptor, 'broadcast', stateShapeOf(descriptor as StateDescription).types)
        return new BroadcastItems<K, V>()
      },
    }
  }

  #list<T>(descriptor: ListStateDescription<T>, mode: OperatorStateMode): ListItems<T> {
    this.#add(descriptor, mode, stateShapeOf(descriptor as StateDescription).types)
    return new ListItems<T>()
  }

  #add(
    { name, movedFrom }: Pick<StateDescription, 'name' | 'movedFrom'>,
    mode: OperatorStateMode,
    types: readonly (TypeDescriptor | null)[],
  ): void {
    if (this.#operator.has(name)) return
    this.#operator.set(name, { name, movedFrom, mode, types })
  }
}
