import {
  hashKey,
  type ListStateDescription,
  type MapStateDescription,
  type ValueStateDescription,
} from '@millrace/core'
import type { BackendClock, KeyedStateBackend } from '../keyed-state-backend.ts'
import { TestClock } from './test-clock-test-support.ts'

/** Makes a backend without any state, on this clock. */
export type CreateBackend = (clock: BackendClock) => KeyedStateBackend

/** A backend, its clock and what makes a key the current one. */
export function backendWithKeys(create: CreateBackend): {
  readonly backend: KeyedStateBackend
  readonly use: (key: unknown) => void
  readonly clock: TestClock
} {
  const clock = new TestClock()
  const backend = create(clock)
  return { backend, clock, use: (key) => backend.setCurrentKey(key, hashKey(key)) }
}

// Nothing is declared of what these states hold.

type Undeclared<D> = {
  readonly [Name in keyof D]: Name extends 'kind' | 'name' ? D[Name] : undefined
}

export function description(name: string): Undeclared<ValueStateDescription<unknown>> {
  return { kind: 'value', name, type: undefined, ttl: undefined }
}

export const descriptor: Undeclared<ValueStateDescription<unknown>> = description('count')
export const list: Undeclared<ListStateDescription<unknown>> = {
  kind: 'list',
  name: 'list',
  elementType: undefined,
  ttl: undefined,
}
export const map: Undeclared<MapStateDescription<unknown, unknown>> = {
  kind: 'map',
  name: 'map',
  keyType: undefined,
  valueType: undefined,
  ttl: undefined,
}
