import type { OperatorStateMode } from '../checkpoint/state-handle.ts'
import type { OperatorId } from '../ids.ts'
import type { StateShape } from '../state/state-evolution.ts'
import type { TypeDescriptor } from '../type/type-descriptor.ts'

/** An operator of a program, with the states that it asks for before its first record. */
export interface DeclaredOperator {
  readonly operatorId: OperatorId
  readonly name: string
  /** The operator whose state it goes on with, where it had another name. */
  readonly movedFrom: { readonly operatorId: OperatorId; readonly name: string } | undefined
  /** Undefined: its input has no keys. */
  readonly keyedStates: readonly DeclaredKeyedState[] | undefined
  readonly operatorStates: readonly DeclaredOperatorState[]
  /** Kind of the source or sink, where it has a part in the job host, whose state is saved too. */
  readonly coordinatorKind: string | undefined
  /** Why the states are not all known: what its function threw when it was asked. */
  readonly failure: string | undefined
}

export interface DeclaredKeyedState extends StateShape {
  readonly name: string
  /** The name it had. */
  readonly movedFrom: string | undefined
}

export interface DeclaredOperatorState {
  readonly name: string
  readonly movedFrom: string | undefined
  readonly mode: OperatorStateMode
  /** Of an item; of broadcast state that of keys and that of values. Null: not declared. */
  readonly types: readonly (TypeDescriptor | null)[]
}
