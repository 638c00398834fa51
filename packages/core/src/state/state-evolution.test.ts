import assert from 'node:assert/strict'
import { test } from 'node:test'
import { types } from '../type/types.ts'
import { type StateShape, stateEvolution } from './state-evolution.ts'

const { descriptor: text } = types.string
const { descriptor: float } = types.float64
const { descriptor: int } = types.int32

function map(key: StateShape['types'][0], value: StateShape['types'][0]): StateShape {
  return { kind: 'map', types: [key ?? null, value ?? null], ttl: null }
}

test('the keys and the values of a map are judged each by itself', () => {
  assert.deepEqual(stateEvolution(map(text, int), map(text, int)), { verdict: 'kept' })
  assert.deepEqual(stateEvolution(map(text, int), map(null, null)), { verdict: 'kept' })
  assert.deepEqual(stateEvolution(map(text, int), map(text, float)), {
    verdict: 'migrated',
    reason: 'values: its type is wider now',
    isToBeChecked: false,
  })
  assert.deepEqual(stateEvolution(map(null, int), map(text, int)), {
    verdict: 'migrated',
    reason: 'keys: its type is declared now',
    isToBeChecked: true,
  })
  assert.deepEqual(stateEvolution(map(text, int), map(float, int)), {
    verdict: 'incompatible',
    reason: 'keys: it was string, and is float64 now',
  })
})

test('another kind is another state', () => {
  const value: StateShape = { kind: 'value', types: [text], ttl: null }
  assert.deepEqual(stateEvolution(value, { ...value, kind: 'list' }), {
    verdict: 'incompatible',
    reason: "it was saved as one of kind 'value', and is of kind 'list' now",
  })
})

test('another time to live is said', () => {
  const value: StateShape = { kind: 'value', types: [text], ttl: { ms: 60_000 } }
  assert.deepEqual(stateEvolution(value, { ...value, ttl: null }), {
    verdict: 'migrated',
    reason: 'time to live: 1 min, now none',
    isToBeChecked: false,
  })
  const onRead = { ms: 60_000, update: 'on-read-and-write' } as const
  assert.deepEqual(stateEvolution(value, { ...value, ttl: onRead }), { verdict: 'kept' })
})
