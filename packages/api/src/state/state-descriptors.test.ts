import assert from 'node:assert/strict'
import { test } from 'node:test'
import { types } from '@millrace/core'
import { AggregatingStateDescriptor } from './aggregating-state-descriptor.ts'
import { ListStateDescriptor } from './list-state-descriptor.ts'
import { MapStateDescriptor } from './map-state-descriptor.ts'
import { ReducingStateDescriptor } from './reducing-state-descriptor.ts'
import type { StateOptions } from './state-options.ts'
import { ValueStateDescriptor } from './value-state-descriptor.ts'

const sum = (left: number, right: number): number => left + right
const average = {
  createAccumulator: () => [0, 0],
  add: (value: number, [total = 0, count = 0]: number[]) => [total + value, count + 1],
  getResult: ([total = 0, count = 0]: number[]) => total / count,
}

const make: Readonly<Record<string, (name: string, options?: StateOptions) => unknown>> = {
  value: (name, options) => new ValueStateDescriptor(name, types.float64, options),
  list: (name, options) => new ListStateDescriptor(name, types.float64, options),
  map: (name, options) => new MapStateDescriptor(name, types.string, types.float64, options),
  reducing: (name, options) => new ReducingStateDescriptor(name, sum, types.float64, options),
  aggregating: (name, options) => new AggregatingStateDescriptor(name, average, undefined, options),
}

for (const [kind, descriptorOf] of Object.entries(make)) {
  test(`a descriptor of ${kind} state has its kind, name and time to live`, () => {
    const ttl = { ms: 5, update: 'on-read-and-write' } as const
    const { ...fields } = descriptorOf('total', { ttl }) as { kind: string; name: string }
    assert.deepEqual([fields.kind, fields.name], [kind, 'total'])
    assert.deepEqual(Reflect.get(fields, 'ttl'), ttl)
    assert.equal(Reflect.get(descriptorOf('total') as object, 'ttl'), undefined)
  })

  test(`a descriptor of ${kind} state refuses what can be no name, and says where`, () => {
    for (const name of ['', '_sum', undefined, 5]) {
      assert.throws(() => descriptorOf(name as string), {
        code: 'ARGUMENT_INVALID',
        message: /name of a state/,
      })
    }
  })
}

test('a time to live is a duration as everywhere: a text, a number, or an object with one', () => {
  const same: readonly StateOptions['ttl'][] = [
    '10 min',
    '600000',
    600_000,
    { time: '10 min' },
    { time: 600_000 },
    { ms: 600_000 },
  ]
  for (const ttl of same) {
    const { ttl: found } = new ValueStateDescriptor('total', undefined, { ttl: ttl ?? 0 })
    assert.deepEqual(found, { ms: 600_000 }, JSON.stringify(ttl))
  }
  const more = { time: '1 h', update: 'on-read-and-write' } as const
  assert.deepEqual(new ValueStateDescriptor('total', undefined, { ttl: more }).ttl, {
    ms: 3_600_000,
    update: 'on-read-and-write',
  })
})

test('what can be no time to live is refused, with the place and what is wanted', () => {
  const refused: readonly (readonly [unknown, RegExp])[] = [
    ['10 parsecs', /time: 10 parsecs\. Wanted: .*whole number and ms, s, min, h or d/],
    ['0 s', /time: 0 s/],
    [-5, /time: -5/],
    [null, /time: null/],
    [{ time: undefined }, /time: undefined/],
    [{}, /ms: undefined/],
    [{ ms: 0 }, /ms: 0/],
    [{ ms: 1.5 }, /ms: 1\.5/],
    [{ ms: '5' }, /ms: 5/],
    [{ ms: 5, update: 'on-read' }, /update: on-read.*on-create-and-write or on-read-and-write/],
    [{ ms: 5, visibility: 'all' }, /visibility: all.*never-return-expired or/],
  ]
  for (const [ttl, message] of refused) {
    const options = { ttl } as unknown as StateOptions
    assert.throws(() => new ValueStateDescriptor('total', undefined, options), {
      code: 'ARGUMENT_INVALID',
      message,
    })
    assert.throws(() => new ValueStateDescriptor('total', undefined, options), {
      message: /state-descriptors\.test\.ts:\d+/,
    })
  }
})

test('what can be no function of a state is refused', () => {
  const refused: readonly (readonly [unknown, RegExp])[] = [
    [undefined, /no function/],
    [{ add: sum }, /has no reduce\(\)/],
    [async () => 1, /is async/],
    [{ open() {}, reduce: sum }, /has open\(\)/],
  ]
  for (const [reduce, message] of refused) {
    assert.throws(() => new ReducingStateDescriptor('sum', reduce as typeof sum), { message })
  }
  const aggregate = { ...average, getResult: undefined } as unknown as typeof average
  assert.throws(() => new AggregatingStateDescriptor('average', aggregate), {
    message: /has no .*getResult\(\)/,
  })
})

test('a reduce function may be an object or a lambda', () => {
  const object = { reduce: sum }
  assert.equal(new ReducingStateDescriptor('sum', object).reduceFunction, object)
  assert.equal(new ReducingStateDescriptor('sum', sum).reduceFunction.reduce(1, 2), 3)
})
