import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type DeclaredKeyedState,
  type DeclaredOperator,
  JobVertexId,
  OperatorId,
  type TypeDescriptor,
} from '@millrace/core'
import { planRestore, type SavedOperatorContent } from './plan-restore.ts'

const float: TypeDescriptor = { kind: 'float64' }
const vertexId = JobVertexId.parse('vertex')

function idOf(name: string): OperatorId {
  return OperatorId.parse(`id-of-${name}`)
}

function saved(name: string, content: Partial<SavedOperatorContent> = {}): SavedOperatorContent {
  return {
    ...{ operatorId: idOf(name), name, vertexId, parallelism: 1 },
    ...{ keyedStates: [], operatorStates: [], hasCoordinatorState: false },
    ...{ emptyOperatorStates: new Set(), coordinatorKind: undefined },
    ...content,
  }
}

function value(name: string, movedFrom?: string): DeclaredKeyedState {
  return { name, movedFrom, kind: 'value', types: [float], ttl: null }
}

const savedValue = (name: string) => ({ name, kind: 'value', types: [float], ttl: null }) as const

function declared(name: string, more: Partial<DeclaredOperator> = {}): DeclaredOperator {
  return {
    ...{ operatorId: idOf(name), name, movedFrom: undefined, keyedStates: undefined },
    ...{ operatorStates: [], coordinatorKind: undefined, failure: undefined },
    ...more,
  }
}

function movedFrom(name: string): DeclaredOperator['movedFrom'] {
  return { operatorId: idOf(name), name }
}

function verdictsOf(...plan: Parameters<typeof planRestore>): readonly string[] {
  const { rows, problems } = planRestore(...plan)
  const told = rows.map(({ operator, state, verdict, isRefused }) => {
    return `${operator}/${state} ${verdict}${isRefused ? ' refused' : ''}`
  })
  return [...told, ...problems]
}

test('a former name counts only where nothing was saved under the name of now', () => {
  const both = [saved('a', { keyedStates: [savedValue('old'), savedValue('new')] })]
  const program = [declared('a', { keyedStates: [value('new', 'old')] })]
  assert.deepEqual(verdictsOf(both, program, []), ['a/new kept', 'a/old dropped refused'])
  const before = [saved('a', { keyedStates: [savedValue('old')] })]
  assert.deepEqual(verdictsOf(before, program, []), ['a/new migrated'])
  const [mapping] = planRestore(before, program, []).mappings
  assert.deepEqual(mapping?.renamedStates, [{ from: 'old', to: 'new' }])
})

test('a state may have the name that another one had', () => {
  const content = [saved('a', { keyedStates: [savedValue('x'), savedValue('y')] })]
  const program = [declared('a', { keyedStates: [value('x', 'y'), value('z', 'x')] })]
  assert.deepEqual(verdictsOf(content, program, []), ['a/x migrated', 'a/z migrated'])
  const later = [saved('a', { keyedStates: [savedValue('x'), savedValue('z')] })]
  assert.deepEqual(verdictsOf(later, program, []), ['a/x kept', 'a/z kept'])
})

test('state that several ask for is a problem, not a guess', () => {
  const content = [saved('a', { keyedStates: [savedValue('old')] })]
  const twice = [declared('a', { keyedStates: [value('x', 'old'), value('y', 'old')] })]
  assert.deepEqual(verdictsOf(content, twice, []), [
    ...['a/x migrated', 'a/y new', "Several states of 'a' have movedFrom: 'old'. One can."],
  ])
  const operators = [
    declared('b', { movedFrom: movedFrom('a'), keyedStates: [value('old')] }),
    declared('c', { movedFrom: movedFrom('a'), keyedStates: [value('old')] }),
  ]
  const [, , problem] = verdictsOf(content, operators, [])
  assert.match(problem ?? '', /'b' and 'c' both go on with the state of 'a'/)
})

test('an operator that takes a former name leaves it to the one that had it', () => {
  const content = [saved('a', { keyedStates: [savedValue('x')] })]
  const program = [
    declared('a', { keyedStates: [value('x')] }),
    declared('b', { movedFrom: movedFrom('a'), keyedStates: [value('x')] }),
  ]
  assert.deepEqual(verdictsOf(content, program, []), ['a/x new', 'b/x kept'])
})

test('what is dropped by name may be wanted anew, and what names nothing is said', () => {
  const content = [saved('a/b', { keyedStates: [savedValue('x'), savedValue('y')] })]
  const program = [declared('a/b', { keyedStates: [value('x')] })]
  assert.deepEqual(verdictsOf(content, program, ['a/b/x', 'a/b/y']), [
    ...['a/b/x dropped', 'a/b/y dropped', 'a/b/x new'],
  ])
  assert.deepEqual(verdictsOf(content, program, ['a/b']).length, 3)
  const [, , problem] = verdictsOf(content, program, ['a'])
  assert.match(problem ?? '', /--drop-state 'a' names nothing .* operators with state are 'a\/b'/)
})

test('operator state without items, and operators without state, are nobody’s loss', () => {
  const states = [{ name: 'count', mode: 'split' }] as const
  const content = [
    saved('a', { operatorStates: states, emptyOperatorStates: new Set(['count']) }),
    saved('b'),
  ]
  assert.deepEqual(verdictsOf(content, [declared('c')], []), [])
  const union = { name: 'count', movedFrom: undefined, mode: 'union', types: [null] } as const
  const [mapping] = planRestore(content, [declared('a', { operatorStates: [union] })], []).mappings
  assert.deepEqual(mapping?.droppedOperatorStates, ['count'])
})

test('an operator that could not be asked is refused only where something was saved of it', () => {
  const failed = declared('a', { keyedStates: [], failure: 'its open() threw: no' })
  assert.deepEqual(verdictsOf([], [failed], []), ['a/ unknown'])
  const content = [saved('a', { keyedStates: [savedValue('x')] })]
  assert.deepEqual(verdictsOf(content, [failed], []), ['a/ unknown refused'])
})
