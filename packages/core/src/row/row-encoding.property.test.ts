import assert from 'node:assert/strict'
import test from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { MillraceError } from '../errors.ts'
import { hashKey } from '../key/hash-key.ts'
import type { TypeDescriptor } from '../type/type-descriptor.ts'
import { explainMismatch } from '../type/type-mismatch.ts'
import { anyType, valueOfType } from '../type/type-test-support.ts'
import { createTestGate, type Received, type TestChannel } from './channel-test-support.ts'
import { rowTag } from './frame.ts'
import { anyValue } from './generic/value-test-support.ts'
import { RowEncoding } from './row-encoding.ts'

const channelCount = 3

/** What is done to one channel. */
type Action =
  | { readonly kind: 'record'; readonly value: unknown; readonly key: unknown }
  | { readonly kind: 'watermark' | 'barrier'; readonly value: number }
  | { readonly kind: 'idle' | 'active' | 'flush' | 'end-of-data' }

interface Step {
  readonly channel: number
  readonly action: Action
}

interface Run {
  readonly steps: readonly Step[]
  readonly frameSize: number
  readonly isKeyed: boolean
  readonly suspends: boolean
}

const settings = {
  frameSize: fc.integer({ min: 32, max: 600 }),
  isKeyed: fc.boolean(),
  suspends: fc.boolean(),
}

const anyKey = fc.oneof(fc.integer(), fc.double(), fc.string(), fc.tuple(fc.string(), fc.integer()))

function stepsOf(value: fc.Arbitrary<unknown>, key: fc.Arbitrary<unknown>, countMax: number) {
  const record = fc.record({ kind: fc.constant('record' as const), value, key })
  const action: fc.Arbitrary<Action> = fc.oneof(
    { weight: 20, arbitrary: record },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constantFrom('watermark' as const, 'barrier' as const),
        value: fc.integer(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constantFrom(
          'idle' as const,
          'active' as const,
          'flush' as const,
          'end-of-data' as const,
        ),
      }),
    },
  )
  const step = fc.record({ channel: fc.nat({ max: channelCount - 1 }), action })
  return fc.array(step, { maxLength: countMax, size: 'max' })
}

/** Takes the steps, and checks that everything came out of its channel as it went in. */
function runSteps(encoding: RowEncoding, { steps, frameSize, isKeyed, suspends }: Run): number {
  const keys = new Map<string, unknown>()
  const gate = createTestGate(encoding, {
    channelCount,
    frameSize,
    suspends,
    ...(isKeyed ? { keyOf: (value: unknown) => keys.get(show(value)) } : {}),
  })
  const expected: Received[][] = gate.channels.map(() => [])
  for (const { channel, action } of steps) {
    if (action.kind === 'record') {
      // The key is a function of the record, as a key selector makes it.
      const text = show(action.value)
      if (!keys.has(text)) keys.set(text, action.key)
    }
    const received = perform(gate.channels[channel]!, action, isKeyed ? keys : undefined)
    if (received !== undefined) expected[channel]?.push(received)
  }
  gate.receive()
  gate.channels.forEach(({ received, writer, reader }, i) => {
    assert.deepStrictEqual(received, expected[i])
    // Deep equality does not see the order of fields.
    if (encoding.options.type === undefined) assert.equal(show(received), show(expected[i]))
    assert.equal(reader.recordCount, writer.recordCount)
    assert.equal(writer.recordCount, received.filter((row) => !Array.isArray(row)).length)
  })
  return encoding.oddRecordCount
}

function perform(
  { writer }: TestChannel,
  action: Action,
  keys: ReadonlyMap<string, unknown> | undefined,
): Received | undefined {
  switch (action.kind) {
    case 'record': {
      const { value } = action
      const key = keys?.get(show(value))
      const hash = keys === undefined ? 0 : hashKey(key)
      writer.write(value, key, hash)
      return { value, key, hash }
    }
    case 'watermark':
      writer.writeWatermark(action.value)
      return [rowTag.watermark, action.value]
    case 'barrier':
      writer.writeBarrier(action.value, 'checkpoint')
      return [rowTag.barrier, action.value]
    case 'idle':
    case 'active':
      writer.writeWatermarkStatus(action.kind === 'idle')
      return [rowTag.watermarkStatus, action.kind === 'idle' ? 1 : 0]
    case 'end-of-data':
      writer.writeEndOfData()
      return [rowTag.endOfData, 0]
    case 'flush':
      writer.flush()
      return undefined
  }
}

function show(value: unknown): string {
  return inspect(value, { depth: null, maxArrayLength: null, maxStringLength: null })
}

function createEncoding(type: TypeDescriptor | undefined, isKeyed: boolean): RowEncoding {
  return new RowEncoding({ edge: 'edge', type, keyed: isKeyed, recordSizeMaxBytes: 1 << 20 })
}

test('records of any declared type arrive as they were', () => {
  const run = anyType.chain((type) =>
    fc.record({
      ...settings,
      type: fc.constant(type),
      steps: stepsOf(valueOfType(type), anyKey, 60),
    }),
  )
  fc.assert(
    fc.property(run, ({ type, ...rest }) => {
      assert.equal(runSteps(createEncoding(type, rest.isKeyed), rest), 0)
    }),
    { numRuns: 300 },
  )
})

test('records of several kinds arrive as they were while their shapes are inferred', () => {
  let inShapes = 0
  const run = fc.array(anyType, { minLength: 1, maxLength: 4 }).chain((kinds) =>
    fc.record({
      ...settings,
      steps: stepsOf(fc.oneof(...kinds.map(valueOfType)), anyKey, 400),
    }),
  )
  fc.assert(
    fc.property(run, (rest) => {
      const encoding = createEncoding(undefined, rest.isKeyed)
      const odd = runSteps(encoding, rest)
      const count = rest.steps.filter(({ action }) => action.kind === 'record').length
      inShapes += count - odd
    }),
    { numRuns: 150 },
  )
  assert.ok(inShapes > 1000)
})

test('records of no kind in particular arrive as they were', () => {
  const run = fc.record({ ...settings, steps: stepsOf(anyValue, anyKey, 200) })
  fc.assert(
    fc.property(run, (rest) => {
      runSteps(createEncoding(undefined, rest.isKeyed), rest)
    }),
    { numRuns: 100 },
  )
})

test('a record is refused exactly if its declared type says so, and leaves no trace', () => {
  const run = fc.tuple(anyType, anyType).chain(([type, other]) =>
    fc.record({
      type: fc.constant(type),
      values: fc.array(fc.oneof(valueOfType(type), valueOfType(other), anyValue), {
        maxLength: 20,
      }),
    }),
  )
  fc.assert(
    fc.property(run, ({ type, values }) => {
      const gate = createTestGate(createEncoding(type, false), { channelCount: 1, frameSize: 200 })
      const { writer, received } = gate.channels[0]!
      const expected = values.filter((value) => explainMismatch(type, value) === undefined)
      for (const value of values) {
        try {
          writer.write(value, undefined, 0)
          assert.ok(expected.includes(value))
        } catch (error) {
          assert.ok(error instanceof MillraceError && error.code === 'RECORD_TYPE_MISMATCH')
          assert.ok(!expected.includes(value))
        }
      }
      gate.receive()
      const arrived = received.map((record) => (record as { value: unknown }).value)
      assert.deepStrictEqual(withoutBuffers(arrived), withoutBuffers(expected))
    }),
    { numRuns: 300 },
  )
})

/** A Buffer declared as bytes arrives as a Uint8Array: makes both the same. */
function withoutBuffers(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return new Uint8Array(value)
  if (Array.isArray(value)) return Array.from(value, withoutBuffers)
  if (typeof value !== 'object' || value === null) return value
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  const entries = Object.entries(value).map(([name, field]) => [name, withoutBuffers(field)])
  return Object.fromEntries(entries)
}
