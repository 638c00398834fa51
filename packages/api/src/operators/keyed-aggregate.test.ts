import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TypeDescriptor } from '@millrace/core'
import fc from 'fast-check'
import { CallSite } from '../stream/call-site.ts'
import { OperatorRun, userFunction } from './chain-test-support.ts'
import { FieldAccess } from './field-access.ts'
import { type Extremum, KeyedExtremumOperator } from './keyed-extremum-operator.ts'
import { KeyedReduceOperator } from './keyed-reduce-operator.ts'
import { KeyedSumOperator } from './keyed-sum-operator.ts'
import type { StreamOperator } from './stream-operator.ts'

interface Reading {
  readonly key: string
  readonly value: number
  readonly seq: number
}

const keyOf = (reading: Reading): string => reading.key
const access = (field: unknown): FieldAccess => new FieldAccess(field, new CallSite(access))
const readings = (...values: readonly (readonly [string, number])[]): readonly Reading[] =>
  values.map(([key, value], seq) => ({ key, value, seq }))

async function rolled(
  operator: StreamOperator,
  records: readonly unknown[],
  by: (record: never) => unknown = keyOf,
): Promise<readonly unknown[]> {
  const before = structuredClone(records)
  const run = await new OperatorRun(operator, by).open()
  const emitted = run.run(records)
  assert.deepEqual(records, before, 'a record was changed')
  return emitted
}

function extremum(kind: Extremum['kind'], field: unknown, tie: Extremum['tie'] = 'first') {
  return new KeyedExtremumOperator({ kind, field: access(field), tie }, undefined)
}

test('reduce emits the result so far of each key', async () => {
  const add = (left: Reading, right: Reading): Reading => ({
    ...left,
    value: left.value + right.value,
  })
  const operator = new KeyedReduceOperator(userFunction(add, 'reduce'), undefined)
  const emitted = await rolled(operator, readings(['a', 1], ['b', 10], ['a', 2], ['a', 3]))
  assert.deepEqual(
    emitted.map((each) => [(each as Reading).key, (each as Reading).value]),
    [
      ['a', 1],
      ['b', 10],
      ['a', 3],
      ['a', 6],
    ],
  )
})

test('sum of a field keeps the other fields of the first record', async () => {
  const emitted = await rolled(
    new KeyedSumOperator(access('value'), undefined),
    readings(['a', 1], ['b', 10], ['a', 2]),
  )
  assert.deepEqual(emitted, [
    { key: 'a', value: 1, seq: 0 },
    { key: 'b', value: 10, seq: 1 },
    { key: 'a', value: 3, seq: 0 },
  ])
})

test('sum of a position keeps the other items of the first tuple', async () => {
  const emitted = await rolled(
    new KeyedSumOperator(access(1), undefined),
    [
      ['a', 1n, 'x'],
      ['a', 2n, 'y'],
    ],
    (tuple: readonly unknown[]) => tuple[0],
  )
  assert.deepEqual(emitted, [
    ['a', 1n, 'x'],
    ['a', 3n, 'x'],
  ])
})

test('sum by a selector is the sum alone', async () => {
  const operator = new KeyedSumOperator(
    access((reading: Reading) => reading.value * 2),
    undefined,
  )
  assert.deepEqual(await rolled(operator, readings(['a', 1], ['a', 2], ['b', 5])), [2, 6, 10])
})

test('min and max of a field keep the other fields of the first record', async () => {
  const records = readings(['a', 5], ['a', 7], ['a', 3])
  assert.deepEqual(await rolled(extremum('min', 'value'), records), [
    { key: 'a', value: 5, seq: 0 },
    { key: 'a', value: 5, seq: 0 },
    { key: 'a', value: 3, seq: 0 },
  ])
  assert.deepEqual(await rolled(extremum('max', 'value'), records), [
    { key: 'a', value: 5, seq: 0 },
    { key: 'a', value: 7, seq: 0 },
    { key: 'a', value: 7, seq: 0 },
  ])
})

test('min and max by a selector are the value alone', async () => {
  const records = readings(['a', 5], ['a', 7], ['a', 3])
  const value = (reading: Reading): number => reading.value
  assert.deepEqual(await rolled(extremum('min', value), records), [5, 5, 3])
  assert.deepEqual(await rolled(extremum('max', value), records), [5, 7, 7])
})

test('minBy and maxBy emit the record that has it; of equal ones the first stays', async () => {
  const records = readings(['a', 5], ['a', 3], ['a', 3], ['a', 5])
  const seqs = async (operator: StreamOperator): Promise<readonly number[]> =>
    (await rolled(operator, records)).map((each) => (each as Reading).seq)
  assert.deepEqual(await seqs(extremum('minBy', 'value')), [0, 1, 1, 1])
  assert.deepEqual(await seqs(extremum('minBy', 'value', 'last')), [0, 1, 2, 2])
  assert.deepEqual(await seqs(extremum('maxBy', 'value')), [0, 0, 0, 0])
  assert.deepEqual(await seqs(extremum('maxBy', 'value', 'last')), [0, 0, 0, 3])
  assert.deepEqual(
    await seqs(extremum('maxBy', (reading: Reading) => -reading.value)),
    [0, 1, 1, 1],
  )
})

test('texts, bigints and dates have an order too', async () => {
  const of = async (values: readonly unknown[]): Promise<unknown> => {
    const operator = extremum('max', (value: unknown) => value)
    return (await rolled(operator, values, () => 0)).at(-1)
  }
  assert.equal(await of(['b', 'c', 'a']), 'c')
  assert.equal(await of([2n, 3n, 1n]), 3n)
  assert.deepEqual(await of([new Date(2), new Date(3), new Date(1)]), new Date(3))
})

test('a record whose field cannot be aggregated fails, with field and value', async () => {
  for (const value of [undefined, null, 'x']) {
    await assert.rejects(
      rolled(new KeyedSumOperator(access('value'), undefined), [{ key: 'a', value }]),
      { code: 'RECORD_TYPE_MISMATCH', message: new RegExp(`field 'value' is ${value} `) },
    )
  }
  for (const value of [undefined, null, Number.NaN]) {
    await assert.rejects(rolled(extremum('min', 'value'), [{ key: 'a', value }]), {
      code: 'RECORD_TYPE_MISMATCH',
    })
  }
})

test('what is no field is refused where it is written', () => {
  for (const field of [undefined, null, -1, 1.5, {}, true]) {
    assert.throws(() => access(field), { code: 'ARGUMENT_INVALID', message: /keyed-aggregate/ })
  }
})

test('names of fields may be anything', async () => {
  for (const name of ["it's", 'a"b', '__proto__', 'a.b', '0']) {
    const record = (value: number): unknown => JSON.parse(`{${JSON.stringify(name)}:${value}}`)
    const operator = new KeyedSumOperator(access(name), undefined)
    const emitted = await rolled(operator, [record(1), record(2)], () => 0)
    assert.equal(JSON.stringify(emitted.at(-1)), JSON.stringify(record(3)))
  }
})

test('state has the declared type of the stream, if it holds records', async () => {
  const type: TypeDescriptor = { kind: 'object', fields: [] }
  const typeOf = async (operator: StreamOperator): Promise<unknown> => {
    const run = await new OperatorRun(operator, keyOf).open()
    return run.descriptors[0]?.type?.descriptor
  }
  assert.equal(await typeOf(new KeyedSumOperator(access('value'), type)), type)
  assert.equal(
    await typeOf(
      new KeyedSumOperator(
        access(() => 1),
        type,
      ),
    ),
    undefined,
  )
  const reduce = userFunction((left: unknown) => left, 'reduce')
  assert.equal(await typeOf(new KeyedReduceOperator(reduce, type)), type)
})

test('rolling aggregates equal those over all records of the key so far', async () => {
  const fields = { key: fc.constantFrom('a', 'b', 'c'), value: fc.integer() }
  const record = fc.record(fields, { noNullPrototype: true })
  await fc.assert(
    fc.asyncProperty(fc.array(record, { maxLength: 30 }), async (records) => {
      const soFar = records.map(({ key }, index) =>
        records.slice(0, index + 1).filter((each) => each.key === key),
      )
      const valuesOf = async (operator: StreamOperator): Promise<unknown> =>
        (await rolled(operator, records)).map((each) => (each as Reading).value)
      const values = soFar.map((group) => group.map(({ value }) => value))
      assert.deepEqual(
        await valuesOf(new KeyedSumOperator(access('value'), undefined)),
        values.map((each) => each.reduce((sum, value) => sum + value)),
      )
      for (const kind of ['min', 'minBy'] as const) {
        const smallest = values.map((each) => Math.min(...each))
        assert.deepEqual(await valuesOf(extremum(kind, 'value')), smallest)
      }
      for (const kind of ['max', 'maxBy'] as const) {
        const largest = values.map((each) => Math.max(...each))
        assert.deepEqual(await valuesOf(extremum(kind, 'value')), largest)
      }
    }),
  )
})
