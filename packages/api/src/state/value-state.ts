import type { TypeInformation } from '@millrace/core'

/** One value per key. Reading and writing concern the key of the record being processed. */
export interface ValueState<T> {
  /** The value of the current key, or undefined where none was set. */
  value(): T | undefined
  /** Sets it; undefined clears it. */
  update(value: T | undefined): void
  clear(): void
}

/** Names a value state; the name is what finds it again after a restart. */
export class ValueStateDescriptor<T> {
  readonly name: string
  readonly type: TypeInformation<T> | undefined

  constructor(name: string, type?: TypeInformation<T>) {
    this.name = name
    this.type = type
  }
}
