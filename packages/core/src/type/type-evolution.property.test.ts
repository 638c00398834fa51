import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createTypeChecker } from './type-check.ts'
import type { ObjectField, TypeDescriptor } from './type-descriptor.ts'
import { typeEvolution } from './type-evolution.ts'
import { anyType, valueOfType } from './type-test-support.ts'

/** Changes a type in one place or several, in ways that may or may not be compatible. */
function changed(type: TypeDescriptor, choices: readonly number[]): TypeDescriptor {
  let next = 0
  const choose = (count: number): number => (choices[next++ % choices.length] ?? 0) % count
  const change = (of: TypeDescriptor): TypeDescriptor => {
    switch (choose(8)) {
      case 0:
        return { kind: 'optional', of }
      case 1:
        return { kind: 'nullable', of }
      case 2:
        return of.kind === 'int32' ? { kind: 'float64' } : inside(of)
      case 3:
        return of.kind === 'optional' || of.kind === 'nullable' ? of.of : inside(of)
      case 4:
        if (of.kind === 'any') return { kind: 'string' }
        return choose(4) === 0 ? { kind: 'any' } : inside(of)
      default:
        return inside(of)
    }
  }
  const inside = (of: TypeDescriptor): TypeDescriptor => {
    switch (of.kind) {
      case 'optional':
      case 'nullable':
      case 'array':
        return { kind: of.kind, of: change(of.of) }
      case 'tuple':
        return { kind: 'tuple', items: of.items.map(change) }
      case 'object':
        return { kind: 'object', fields: changedFields(of.fields) }
      default:
        return of
    }
  }
  const changedFields = (fields: readonly ObjectField[]): readonly ObjectField[] => {
    const all = fields.map(({ name, type: own }) => ({ name, type: change(own) }))
    const added = { name: 'added', type: { kind: 'optional', of: { kind: 'string' } } } as const
    switch (choose(6)) {
      case 0:
        return [added, ...all]
      case 1:
        return [...all, { ...added, type: { kind: 'nullable', of: { kind: 'string' } } }]
      case 2:
        return all.toReversed()
      case 3:
        return all.slice(1)
      default:
        return all
    }
  }
  return change(type)
}

const aChoice = fc.array(fc.nat(1000), { minLength: 4, maxLength: 12 })

test('a value that has the old type has the new one wherever that is called compatible', () => {
  const counts: Record<string, number> = {}
  fc.assert(
    fc.property(anyType, aChoice, fc.gen(), (from, choices, gen) => {
      const to = changed(from, choices)
      const { kind } = typeEvolution(from, to)
      counts[kind] = (counts[kind] ?? 0) + 1
      if (kind !== 'same' && kind !== 'widened') return
      const value = gen(valueOfType, from)
      const reason = createTypeChecker(to)(value)
      assert.equal(reason, undefined, JSON.stringify([from, to]))
    }),
    { numRuns: 5000 },
  )
  for (const kind of ['same', 'widened', 'to-check', 'incompatible']) {
    assert.ok((counts[kind] ?? 0) > 50, `${kind}: ${counts[kind]}`)
  }
})

test('a type is compatible with itself, and values without one have to be looked at', () => {
  fc.assert(
    fc.property(anyType, (type) => {
      assert.deepEqual(typeEvolution(type, type), { kind: 'same' })
      assert.deepEqual(typeEvolution(type, null), { kind: 'same' })
      const fromNothing = typeEvolution(null, type).kind
      const isAny = createTypeChecker(type)(Symbol.iterator) === undefined
      assert.equal(fromNothing, isAny ? 'same' : 'to-check')
    }),
  )
})
