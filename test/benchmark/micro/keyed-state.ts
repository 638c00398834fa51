// How long a record's work on keyed state takes on the heap, in nanoseconds; the least of many
// short rounds, because other work on the machine only ever adds.
//   node --conditions=source test/benchmark/micro/keyed-state.ts

import { hashKey } from '@millrace/core'
import { HeapKeyedStateBackend } from '@millrace/state'

const clock = { now: () => 0, monotonicMs: () => performance.now(), setImmediate }
const keyCount = 100_000
const roundCount = 60

interface Subject {
  readonly name: string
  readonly keys: readonly unknown[]
  /** What is done for each record, after its key was set. */
  readonly work: (backend: HeapKeyedStateBackend) => () => void
}

const numbers = Array.from({ length: keyCount }, (_, index) => index)
const scattered = numbers.map((index) => (index * 7919) % keyCount)
const items = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
const texts = numbers.map((index) => `user-${index}`)

const description = (name: string) =>
  ({ kind: 'value', name, type: undefined, ttl: undefined }) as const

function count(backend: HeapKeyedStateBackend): () => void {
  const state = backend.getValueState<number>(description('count'))
  return () => state.update((state.value() ?? 0) + 1)
}

function lastSeen(backend: HeapKeyedStateBackend): () => void {
  const state = backend.getValueState<{ n: number; at: number }>(description('seen'))
  return () => {
    const seen = state.value()
    state.update({ n: (seen?.n ?? 0) + 1, at: 7 })
  }
}

function countOfEight(backend: HeapKeyedStateBackend): () => void {
  const map = { ...description('counts'), kind: 'map' as const }
  const state = backend.getMapState<string, number>({
    ...map,
    keyType: undefined,
    valueType: undefined,
  })
  let round = 0
  return () => {
    const item = items[round++ & 7] as string
    state.put(item, (state.get(item) ?? 0) + 1)
  }
}

const subjects: readonly Subject[] = [
  { name: 'value of numbers, keys in order', keys: numbers, work: count },
  { name: 'value of numbers, keys scattered', keys: scattered, work: count },
  { name: 'value of numbers, keys of text', keys: texts, work: count },
  { name: 'value of objects', keys: numbers, work: lastSeen },
  { name: 'map of eight entries', keys: numbers, work: countOfEight },
]

for (const { name, keys, work } of subjects) {
  const backend = new HeapKeyedStateBackend(clock)
  const hashes = keys.map(hashKey)
  const perRecord = work(backend)
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < roundCount; round++) {
    const start = performance.now()
    for (let i = 0; i < keyCount; i++) {
      backend.setCurrentKey(keys[i], hashes[i] as number)
      perRecord()
    }
    least = Math.min(least, performance.now() - start)
  }
  process.stdout.write(`${name.padEnd(36)} ${((least / keyCount) * 1e6).toFixed(1)} ns\n`)
}
