// Random operations on states of every kind, over keys and namespaces, beside a model.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type AggregatingState,
  hashKey,
  type ListState,
  type MapState,
  type ReducingState,
  type StateTtlConfig,
  type ValueState,
} from '@millrace/core'
import fc from 'fast-check'
import type { BackendClock, KeyedStateBackend, Namespaced } from '../keyed-state-backend.ts'
import {
  keyText,
  ModelEntries,
  modelAggregating,
  modelList,
  modelMap,
  modelReducing,
  modelValue,
} from './model-state-test-support.ts'
import { TestClock } from './test-clock-test-support.ts'

interface Item {
  text: string
  amounts: number[]
}

/** Anything that may be a key, made anew each time: equal ones need not be the same object. */
const makeKeys: readonly (() => unknown)[] = [
  () => Number.NaN,
  () => 0,
  () => -0,
  () => 1,
  () => '1',
  () => 1n,
  () => true,
  () => '',
  () => '\0n',
  () => 'a long text'.repeat(500),
  () => ({ user: 'ann', ids: [1, 2n] }),
  () => ({ ids: [1, 2n], user: 'ann' }),
  () => ['ann', 1, null],
  () => new Uint8Array([0, 255]),
  () => new Date(5),
]

export const makeKey = (index: number): unknown => makeKeys[index % makeKeys.length]?.()

export const makeNamespaces: readonly (() => unknown)[] = [
  () => undefined,
  () => ({ start: 0, end: 5 }),
  () => ({ start: 5, end: 10 }),
]

const item = fc.record(
  { text: fc.string({ maxLength: 30 }), amounts: fc.array(fc.double(), { maxLength: 3 }) },
  { noNullPrototype: true },
)

export interface Command {
  readonly kind: 'value' | 'list' | 'map' | 'reducing' | 'aggregating' | 'clock' | 'clean'
  readonly operation: number
  readonly key: number
  readonly mapKey: number
  readonly namespace: number
  readonly setsKey: boolean
  readonly items: Item[]
  readonly amount: number
}

export const commandOf: fc.Arbitrary<Command> = fc.record({
  kind: fc.constantFrom('value', 'list', 'map', 'reducing', 'aggregating', 'clock', 'clean'),
  operation: fc.nat(8),
  key: fc.nat(2),
  mapKey: fc.nat(3),
  namespace: fc.constantFrom(0, 0, 1, 2),
  setsKey: fc.boolean(),
  items: fc.array(item, { minLength: 1, maxLength: 3 }),
  amount: fc.nat(6),
})
/** Few keys in each run, so that its commands meet; which ones is different in each. */
const runOf = fc.record({
  firstKey: fc.nat(makeKeys.length - 1),
  commands: fc.array(commandOf, { maxLength: 250, size: 'max' }),
})
type Run = typeof runOf extends fc.Arbitrary<infer R> ? R : never

export const ttls: readonly (StateTtlConfig | undefined)[] = [
  undefined,
  { ms: 10 },
  { ms: 10, update: 'on-read-and-write' },
  { ms: 10, visibility: 'return-expired-if-not-cleaned-up' },
  { ms: 10, update: 'on-read-and-write', visibility: 'return-expired-if-not-cleaned-up' },
]

export interface States {
  readonly value: ValueState<Item>
  readonly list: ListState<Item>
  readonly map: MapState<unknown, Item>
  readonly reducing: ReducingState<Item>
  readonly aggregating: AggregatingState<Item, string>
}

const reduceFunction = {
  reduce: (left: Item, right: Item): Item => {
    // Changing and giving back what was passed is allowed.
    left.amounts.push(...right.amounts)
    return { text: right.text, amounts: left.amounts.slice(-4) }
  },
}

const aggregateFunction = {
  createAccumulator: () => ({ texts: [] as string[] }),
  add: (value: Item, accumulator: { texts: string[] }) => {
    accumulator.texts.push(value.text)
    return accumulator
  },
  getResult: ({ texts }: { texts: string[] }) => texts.join('+'),
}

export function testAgainstModel(
  name: string,
  create: (clock: BackendClock) => KeyedStateBackend,
  lives: readonly (StateTtlConfig | undefined)[] = ttls,
): void {
  for (const ttl of lives) {
    const what = ttl === undefined ? 'forever' : JSON.stringify(ttl)
    test(`${name}: does what a model does, entries live ${what}`, () => {
      fc.assert(
        fc.property(runOf, (run) => compare(create, ttl, run)),
        { numRuns: 80 },
      )
    })
  }
}

function compare(
  create: (clock: BackendClock) => KeyedStateBackend,
  ttl: StateTtlConfig | undefined,
  { firstKey, commands }: Run,
): void {
  const clock = new TestClock()
  const scope = {
    cell: '',
    get nowMs() {
      return clock.nowMs
    },
  }
  const backend = create(clock)
  const real = realStates(backend, ttl)
  const entries: ModelEntries[] = []
  const modelled = modelStates(() => {
    const added = new ModelEntries(scope, ttl)
    entries.push(added)
    return added
  })
  backend.setCurrentKey('first', hashKey('first'))
  scope.cell = `${keyText('first')} `
  for (const command of commands) {
    if (command.kind === 'clock') {
      clock.nowMs += command.amount
    } else if (command.kind === 'clean') {
      // What was removed shows where expired entries can be read: there it has to be all.
      const slices = ttl?.visibility === undefined ? 1 : 200
      for (let slice = 0; slice < slices; slice++) backend.cleanUpExpired(command.amount + 1)
      if (ttl?.visibility !== undefined) for (const each of entries) each.cleanUp()
    } else {
      if (command.setsKey) {
        const key = makeKey(firstKey + command.key)
        const namespace = makeNamespaces[command.namespace]?.()
        backend.setCurrentKey(key, hashKey(key))
        for (const state of Object.values(real)) state.setCurrentNamespace(namespace)
        scope.cell = `${keyText(key)} ${namespace === undefined ? '' : keyText(namespace)}`
      }
      const expected = apply(modelled, command, firstKey)
      assert.deepEqual(apply(real, command, firstKey), expected)
    }
  }
  backend.close()
}

export function realStates(
  backend: KeyedStateBackend,
  ttl: StateTtlConfig | undefined,
): { readonly [K in keyof States]: Namespaced<States[K]> } {
  const type = undefined
  return {
    value: backend.getValueState({ kind: 'value', name: 'value', type, ttl }),
    list: backend.getListState({ kind: 'list', name: 'list', elementType: type, ttl }),
    map: backend.getMapState({ kind: 'map', name: 'map', keyType: type, valueType: type, ttl }),
    reducing: backend.getReducingState({
      ...{ kind: 'reducing', name: 'reducing', type, ttl, reduceFunction },
    }),
    aggregating: backend.getAggregatingState({
      ...{ kind: 'aggregating', name: 'aggregating', accumulatorType: type, ttl },
      aggregateFunction,
    }),
  }
}

export function modelStates(entries: () => ModelEntries): States {
  return {
    value: modelValue(entries()),
    list: modelList(entries()),
    map: modelMap(entries()),
    reducing: modelReducing(entries(), reduceFunction.reduce),
    aggregating: modelAggregating(entries(), aggregateFunction),
  }
}

/** What the operation gives, before it was spoilt. */
export function apply(states: States, command: Command, firstKey: number): unknown {
  const items = structuredClone(command.items)
  const result = perform(states, { ...command, mapKey: command.mapKey + firstKey }, items)
  const given = structuredClone(result)
  // Nobody's later changes may reach the state: not those to what was passed, nor to what came out.
  for (const each of items) spoil(each)
  for (const each of Array.isArray(result) ? result.flat() : [result]) spoil(each)
  return given
}

function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if (value instanceof Uint8Array) value.fill(7)
  else if (value instanceof Date) value.setTime(77)
  else if (Array.isArray(value)) value.push('spoilt')
  else {
    for (const field of Object.values(value)) spoil(field)
    Object.assign(value, { text: 'spoilt', spoilt: true })
  }
}

function perform(states: States, command: Command, items: Item[]): unknown {
  const { kind, operation } = command
  const [first = { text: '', amounts: [] }] = items
  switch (kind) {
    case 'value':
      if (operation < 4) return states.value.value()
      if (operation === 4) return states.value.clear()
      return states.value.update(operation === 5 ? undefined : first)
    case 'list':
      return performOnList(states.list, operation, items)
    case 'map':
      return performOnMap(states.map, command, items)
    case 'reducing':
    case 'aggregating':
      if (operation < 3) return states[kind].get()
      return operation === 3 ? states[kind].clear() : states[kind].add(first)
    default:
      return undefined
  }
}

function performOnList(list: ListState<Item>, operation: number, items: Item[]): unknown {
  switch (operation) {
    case 0:
      return list.clear()
    case 1:
      return list.update([])
    case 2:
      return list.update(items)
    case 3:
      return list.addAll(items)
    case 4:
    case 5:
      for (const each of items) list.add(each)
      return undefined
    default:
      return list.get()
  }
}

function performOnMap(map: MapState<unknown, Item>, command: Command, items: Item[]): unknown {
  const keyAt = (offset: number): unknown => makeKey(command.mapKey + offset)
  const inOrder = <T extends readonly unknown[]>(all: Iterable<T>): T[] =>
    [...all].sort(([one], [other]) => (keyText(one) < keyText(other) ? -1 : 1))
  switch (command.operation) {
    case 0:
      return command.amount === 0 ? map.clear() : map.remove(keyAt(0))
    case 1:
      return map.put(keyAt(0), items[0] as Item)
    case 2:
      return map.putAll(items.map((each, index) => [keyAt(index), each] as const))
    case 3:
      return map.get(keyAt(0))
    case 4:
      return map.contains(keyAt(0))
    case 5:
      return inOrder(map.entries()).map(([key, value]) => [keyText(key), value])
    case 6: {
      const keys = [...map.keys()]
      const texts = keys.map(keyText).sort()
      keys.forEach(spoil)
      return texts
    }
    case 7:
      return [...map.values()].map(({ text }) => text).sort()
    default:
      return map.isEmpty()
  }
}
