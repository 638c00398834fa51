import {
  type CheckpointedFunction,
  type FunctionInitializationContext,
  type ListState,
  ListStateDescriptor,
  type MapFunction,
  type RuntimeContext,
} from '@millrace/api'

export interface Numbered {
  readonly value: number
  readonly subtaskIndex: number
  /** Counted from 1 in each subtask. */
  readonly number: number
}

interface Count {
  readonly subtaskIndex: number
  readonly count: number
}

/** Numbers the records of each subtask; the number is operator state, in two forms. */
export class NumberingMap implements MapFunction<number, Numbered>, CheckpointedFunction {
  #own!: ListState<Count>
  #all!: ListState<Count>
  #subtaskIndex = 0
  #count = 0

  initializeState(context: FunctionInitializationContext): void {
    const store = context.getOperatorStateStore()
    this.#own = store.getListState(new ListStateDescriptor<Count>('own'))
    this.#all = store.getUnionListState(new ListStateDescriptor<Count>('all'))
  }

  open({ subtaskIndex }: RuntimeContext): void {
    this.#subtaskIndex = subtaskIndex
    this.#count = this.#own.get()[0]?.count ?? 0
    const inAll = this.#all.get().find((each) => each.subtaskIndex === subtaskIndex)?.count ?? 0
    if (inAll === this.#count) return
    throw new Error(`the lists of subtask ${subtaskIndex} hold ${this.#count} and ${inAll}`)
  }

  map(value: number): Numbered {
    this.#count++
    return { value, subtaskIndex: this.#subtaskIndex, number: this.#count }
  }

  snapshotState(): void {
    const item = { subtaskIndex: this.#subtaskIndex, count: this.#count }
    this.#own.update([item])
    this.#all.update([item])
  }
}
