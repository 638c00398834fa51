import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type CompletedCheckpoint,
  consumersOf,
  decodeGeneric,
  encodeGeneric,
  type JobGraph,
  JobId,
  type JobOperator,
  type JobVertex,
  JobVertexId,
  keyGroupRange,
  type ListStateDescription,
  type MapStateDescription,
  OperatorId,
  type OperatorStateHandle,
  type OperatorSubtaskState,
} from '@millrace/core'
import { OperatorStateBackend } from '@millrace/state'
import fc from 'fast-check'
import { StateAssignment } from './state-assignment.ts'

/** One operator of a line of operators. */
interface Step {
  readonly name: string
  readonly parallelism: number
  /** In the chain of the one before, where both have the same parallelism. */
  readonly isChained: boolean
  /** To it from the one before, where it is not chained; forward where both are as many. */
  readonly isPointwise: boolean
}

const parallelisms = fc.integer({ min: 1, max: 7 })

function lines(names: readonly string[]): fc.Arbitrary<readonly Step[]> {
  const step = fc.record({
    parallelism: parallelisms,
    isSameAsBefore: fc.boolean(),
    isChained: fc.boolean(),
    isPointwise: fc.boolean(),
  })
  return fc.tuple(...names.map(() => step)).map((drawn) => {
    let before = 0
    return names.map((name, index): Step => {
      const { isChained, isPointwise, ...each } = drawn[index] as (typeof drawn)[number]
      const parallelism = each.isSameAsBefore && before > 0 ? before : each.parallelism
      const isJoined = isChained && parallelism === before
      before = parallelism
      return { name, parallelism, isChained: isJoined, isPointwise }
    })
  })
}

const names = ['a', 'b', 'c', 'd'] as const

function graphOf(line: readonly Step[]): JobGraph {
  const chains: Step[][] = []
  for (const step of line) {
    const chain = step.isChained ? chains.at(-1) : undefined
    if (chain === undefined) chains.push([step])
    else chain.push(step)
  }
  const vertices = chains.map((chain): JobVertex => {
    const operators = chain.map(
      ({ name }, index): JobOperator => ({
        id: OperatorId.parse(name),
        name,
        kind: 'map',
        chainedInputs: index === 0 ? [] : [index - 1],
        outputType: undefined,
      }),
    )
    const { name, parallelism } = chain[0] as Step
    const id = JobVertexId.parse(name)
    return { id, name, parallelism, slotSharingGroup: 'default', operators }
  })
  const edges = vertices.slice(1).map((target, index) => {
    const source = vertices[index] as JobVertex
    const head = chains[index + 1]?.[0]
    assert.ok(head !== undefined)
    const pointwise = source.parallelism === target.parallelism ? 'forward' : 'rescale'
    return {
      index,
      source: source.id,
      sourceOperator: source.operators.at(-1)?.id as OperatorId,
      target: target.id,
      targetOperator: target.operators[0]?.id as OperatorId,
      inputIndex: 0,
      partitioner: head.isPointwise ? pointwise : 'hash',
    } as const
  })
  const hash = '0'.repeat(64)
  return { name: 'line', boundedness: 'bounded', vertices, edges, config: {}, hash }
}

/** What subtask `index` of an operator has: items that say where they are from. */
function stateOf(name: string, index: number, parallelism: number): OperatorSubtaskState {
  const states = [
    { name: 'list', mode: 'split' },
    { name: 'union', mode: 'union' },
    { name: 'rules', mode: 'broadcast' },
  ] as const
  const items = [[`${name}${index}x`, `${name}${index}y`], [`${name}${index}u`], [['rule', name]]]
  const operator: OperatorStateHandle = {
    states,
    blob: { kind: 'inline', bytes: encodeGeneric(items) },
  }
  const keyed = { keyGroups: keyGroupRange(index, parallelism), segments: [] }
  return { operatorId: OperatorId.parse(name), keyed, operator }
}

function checkpointOf(
  graph: JobGraph,
  isFinished: (vertex: JobVertex, subtaskIndex: number) => boolean,
): CompletedCheckpoint {
  return {
    kind: 'checkpoint',
    jobId: JobId.parse('0'.repeat(32)),
    jobName: 'line',
    checkpointId: 7,
    epoch: 0,
    triggeredAtMs: 0,
    completedAtMs: 0,
    coordinators: [],
    vertices: graph.vertices.map((vertex) => ({
      vertexId: vertex.id,
      parallelism: vertex.parallelism,
      operators: vertex.operators.map(({ id, name }) => {
        return { operatorId: id, name, droppedStates: [], renamedStates: [] }
      }),
      subtasks: Array.from({ length: vertex.parallelism }, (_, index) => ({
        operators: vertex.operators.map(({ name }) => stateOf(name, index, vertex.parallelism)),
        channels: [],
        isFinished: isFinished(vertex, index),
      })),
    })),
  }
}

function restoresOf(assignment: StateAssignment, graph: JobGraph, name: string) {
  const vertex = graph.vertices.find(({ operators }) => operators.some((o) => o.name === name))
  assert.ok(vertex !== undefined)
  return Array.from({ length: vertex.parallelism }, (_, subtaskIndex) => {
    const { operators } = assignment.restoreOf({ vertexId: vertex.id, subtaskIndex })
    const restore = operators.find(({ operatorId }) => operatorId === OperatorId.parse(name))
    assert.ok(restore !== undefined, `${name} ${subtaskIndex} begins with nothing`)
    return restore
  })
}

const list: ListStateDescription<string> = {
  kind: 'list',
  name: 'list',
  elementType: undefined,
  ttl: undefined,
}
const rules: MapStateDescription<string, string> = {
  kind: 'map',
  name: 'rules',
  keyType: undefined,
  valueType: undefined,
  ttl: undefined,
}

test('each key group goes to one subtask, whatever the chains and parallelisms', () => {
  fc.assert(
    fc.property(lines(names), lines(names), (before, after) => {
      const graph = graphOf(after)
      const assignment = new StateAssignment(
        checkpointOf(graphOf(before), () => false),
        graph,
      )
      for (const { name, parallelism } of after) {
        const restores = restoresOf(assignment, graph, name)
        for (const [index, { keyed }] of restores.entries()) {
          const own = keyGroupRange(index, parallelism)
          let next = own.start
          for (const { keyGroups } of keyed) {
            assert.equal(Math.max(keyGroups.start, own.start), next)
            next = Math.min(keyGroups.end, own.end)
          }
          assert.equal(next, own.end)
        }
      }
    }),
  )
})

test('each item of operator state is handed out as its mode says', () => {
  fc.assert(
    fc.property(lines(names), lines(names), (before, after) => {
      const graph = graphOf(after)
      const assignment = new StateAssignment(
        checkpointOf(graphOf(before), () => false),
        graph,
      )
      for (const { name, parallelism } of after) {
        const old = before.find((step) => step.name === name)?.parallelism ?? 0
        const backends = restoresOf(assignment, graph, name).map(({ operator }, subtaskIndex) => {
          const backend = new OperatorStateBackend(name)
          const snapshots = operator.map((handle) => {
            if (handle?.blob.kind !== 'inline') return undefined
            return { states: handle.states, bytes: handle.blob.bytes }
          })
          backend.restore(snapshots, { subtaskIndex, parallelism })
          return backend
        })
        const all = Array.from({ length: old }, (_, index) => [
          `${name}${index}x`,
          `${name}${index}y`,
        ])
        const found = backends.map((backend) => backend.getListState(list).get())
        assert.deepEqual(found.flat(), all.flat())
        if (old === parallelism) assert.deepEqual(found, all)
        const unions = Array.from({ length: old }, (_, index) => `${name}${index}u`)
        for (const backend of backends) {
          const union = backend.getUnionListState({ ...list, name: 'union' })
          assert.deepEqual(union.get(), unions)
          assert.equal(backend.getBroadcastState(rules).get('rule'), name)
        }
      }
    }),
  )
})

test('with the same parallelism nobody reads the lists of others for nothing', () => {
  const line = [{ name: 'a', parallelism: 3, isChained: false, isPointwise: false }]
  const graph = graphOf(line)
  const checkpoint = checkpointOf(graph, () => false)
  const withoutUnion = JSON.parse(JSON.stringify(checkpoint)) as CompletedCheckpoint
  for (const { operators } of withoutUnion.vertices[0]?.subtasks ?? []) {
    Object.assign(operators[0]?.operator ?? {}, { states: [{ name: 'list', mode: 'split' }] })
  }
  const restores = restoresOf(new StateAssignment(withoutUnion, graph), graph, 'a')
  const present = restores.map(({ operator }) => operator.map((handle) => handle !== undefined))
  assert.deepEqual(present, [
    [true, false, false],
    [false, true, false],
    [false, false, true],
  ])
  const [first] = restoresOf(new StateAssignment(checkpoint, graph), graph, 'a')
  const bytes = first?.operator.map((handle) => handle?.blob.kind === 'inline' && handle.blob.bytes)
  assert.deepEqual(decodeGeneric((bytes?.[2] || new Uint8Array()) as Uint8Array), [
    ['a2x', 'a2y'],
    ['a2u'],
    [['rule', 'a']],
  ])
})

test('a subtask is finished only if all it consists of was and nothing comes to it', () => {
  const flags = fc.array(fc.boolean(), { minLength: 28, maxLength: 28 })
  fc.assert(
    fc.property(lines(names), lines(names), flags, (before, after, drawn) => {
      const wasFinished = new Map<string, boolean[]>()
      let next = 0
      const checkpoint = checkpointOf(graphOf(before), ({ operators, parallelism }, index) => {
        const isFinished = drawn[next++ % drawn.length] === true
        for (const { name } of operators) {
          const of = wasFinished.get(name) ?? new Array<boolean>(parallelism).fill(false)
          of[index] = isFinished
          wasFinished.set(name, of)
        }
        return isFinished
      })
      const graph = graphOf(after)
      const assignment = new StateAssignment(checkpoint, graph)
      const isFinished = (vertexId: JobVertexId, subtaskIndex: number): boolean =>
        assignment.restoreOf({ vertexId, subtaskIndex }).isFinished
      for (const { id, operators, parallelism } of graph.vertices) {
        for (let index = 0; index < parallelism; index++) {
          if (!isFinished(id, index)) continue
          for (const { name } of operators) {
            const were = wasFinished.get(name) ?? []
            assert.ok(were.length === parallelism ? were[index] : were.every(Boolean))
          }
        }
      }
      for (const { source, target, partitioner } of graph.edges) {
        const producers = graph.vertices.find(({ id }) => id === source)?.parallelism ?? 0
        const consumers = graph.vertices.find(({ id }) => id === target)?.parallelism ?? 0
        for (let producer = 0; producer < producers; producer++) {
          if (isFinished(source, producer)) continue
          for (const each of consumersOf(partitioner, producer, { producers, consumers })) {
            assert.equal(isFinished(target, each), false, `${target} ${each} takes no records`)
          }
        }
      }
      const areAll = [...wasFinished.values()].flat().every(Boolean)
      const all = graph.vertices.flatMap(({ id, parallelism }) =>
        Array.from({ length: parallelism }, (_, index) => isFinished(id, index)),
      )
      if (areAll) assert.ok(all.every(Boolean), 'what was over begins again')
    }),
  )
})
