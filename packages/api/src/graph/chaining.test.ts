import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StreamExecutionEnvironment } from '../environment/stream-execution-environment.ts'
import { graphOf, outline } from './job-test-support.ts'

interface Case {
  readonly title: string
  readonly build: (env: StreamExecutionEnvironment) => void
  readonly vertices: readonly string[]
  readonly edges: readonly string[]
}

const same = (value: number): number => value
const some = (): boolean => true

const cases: readonly Case[] = [
  {
    title: 'operators of equal parallelism are one chain from source to sink',
    build: (env) => env.fromSequence(1, 9).map(same).filter(some).print(),
    vertices: ['Source: sequence-1 -> Map -> Filter -> Sink: print-1 ×2'],
    edges: [],
  },
  {
    title: 'a chain may be a tree',
    build: (env) => {
      const numbers = env.fromSequence(1, 9)
      numbers.map(same).print()
      numbers.filter(some).print()
    },
    vertices: ['Source: sequence-1 -> (Map -> Sink: print-1, Filter -> Sink: print-2) ×2'],
    edges: [],
  },
  {
    title: 'another parallelism begins a chain, with rebalance between',
    build: (env) => env.fromSequence(1, 9).map(same).setParallelism(3).print(),
    vertices: ['Source: sequence-1 ×2', 'Map ×3', 'Sink: print-1 ×2'],
    edges: ['Source: sequence-1 =rebalance=> Map#0', 'Map =rebalance=> Sink: print-1#0'],
  },
  {
    title: 'a key begins a chain',
    build: (env) =>
      env
        .fromSequence(1, 9)
        .keyBy((n) => n % 3)
        .reduce((a, b) => a + b, { name: 'sum' })
        .print(),
    vertices: ['Source: sequence-1 ×2', 'sum -> Sink: print-1 ×2'],
    edges: ['Source: sequence-1 =hash=> sum -> Sink: print-1#0'],
  },
  {
    title: 'two inputs begin a chain, also from one stream',
    build: (env) => {
      const numbers = env.fromSequence(1, 9)
      numbers.union(numbers).print()
    },
    vertices: ['Source: sequence-1 ×2', 'Sink: print-1 ×2'],
    edges: [
      'Source: sequence-1 =forward=> Sink: print-1#0',
      'Source: sequence-1 =forward=> Sink: print-1#0',
    ],
  },
  {
    title: 'the inputs of connected streams keep their numbers',
    build: (env) => {
      const [a, b] = [env.fromSequence(1, 9), env.fromSequence(1, 9)]
      a.connect(b.broadcast()).map({ map1: same, map2: same }).print()
    },
    vertices: ['Source: sequence-1 ×2', 'Source: sequence-2 ×2', 'CoMap -> Sink: print-1 ×2'],
    edges: [
      'Source: sequence-1 =forward=> CoMap -> Sink: print-1#0',
      'Source: sequence-2 =broadcast=> CoMap -> Sink: print-1#1',
    ],
  },
  {
    title: 'startNewChain cuts before the operator only',
    build: (env) => env.fromSequence(1, 9).map(same).startNewChain().print(),
    vertices: ['Source: sequence-1 ×2', 'Map -> Sink: print-1 ×2'],
    edges: ['Source: sequence-1 =forward=> Map -> Sink: print-1#0'],
  },
  {
    title: 'disableChaining cuts before the operator and after it',
    build: (env) => env.fromSequence(1, 9).map(same).disableChaining().print(),
    vertices: ['Source: sequence-1 ×2', 'Map ×2', 'Sink: print-1 ×2'],
    edges: ['Source: sequence-1 =forward=> Map#0', 'Map =forward=> Sink: print-1#0'],
  },
  {
    title: 'disableOperatorChaining cuts everywhere',
    build: (env) => env.disableOperatorChaining().fromSequence(1, 9).map(same).print(),
    vertices: ['Source: sequence-1 ×2', 'Map ×2', 'Sink: print-1 ×2'],
    edges: ['Source: sequence-1 =forward=> Map#0', 'Map =forward=> Sink: print-1#0'],
  },
  {
    title: 'another slot-sharing group begins a chain, which what follows inherits',
    build: (env) => env.fromSequence(1, 9).map(same).slotSharingGroup('b').filter(some).print(),
    vertices: ['Source: sequence-1 ×2', 'Map -> Filter -> Sink: print-1 ×2'],
    edges: ['Source: sequence-1 =forward=> Map -> Filter -> Sink: print-1#0'],
  },
  {
    title: 'forward chains as the default does',
    build: (env) => env.fromSequence(1, 9).forward().print(),
    vertices: ['Source: sequence-1 -> Sink: print-1 ×2'],
    edges: [],
  },
  ...(['rebalance', 'rescale', 'shuffle', 'broadcast', 'global'] as const).map(
    (kind): Case => ({
      title: `${kind} begins a chain though the parallelism is equal`,
      build: (env) => env.fromSequence(1, 9)[kind]().print(),
      vertices: ['Source: sequence-1 ×2', 'Sink: print-1 ×2'],
      edges: [`Source: sequence-1 =${kind}=> Sink: print-1#0`],
    }),
  ),
  {
    title: 'a custom partitioner begins a chain; the last distribution counts',
    build: (env) =>
      env
        .fromSequence(1, 9)
        .shuffle()
        .partitionCustom((n, count) => n % count, same)
        .print(),
    vertices: ['Source: sequence-1 ×2', 'Sink: print-1 ×2'],
    edges: ['Source: sequence-1 =custom=> Sink: print-1#0'],
  },
  {
    title: 'elements are read by one subtask',
    build: (env) => env.fromElements(1).print(),
    vertices: ['Source: elements-1 ×1', 'Sink: print-1 ×2'],
    edges: ['Source: elements-1 =rebalance=> Sink: print-1#0'],
  },
]

for (const { title, build, vertices, edges } of cases) {
  test(title, async () => {
    const graph = await graphOf((env) => build(env.setParallelism(2)))
    assert.deepEqual(outline(graph), { vertices, edges })
  })
}

test('operators of a chain name the operators that feed them', async () => {
  const graph = await graphOf((env) => {
    const numbers = env.fromSequence(1, 9)
    numbers.map(same).print()
    numbers.print()
  })
  const operators = graph.vertices.flatMap((vertex) => vertex.operators)
  assert.deepEqual(
    operators.map(({ name, kind, chainedInputs }) => [name, kind, chainedInputs]),
    [
      ['sequence-1', 'source', []],
      ['Map', 'map', [0]],
      ['print-1', 'sink', [1]],
      ['print-2', 'sink', [0]],
    ],
  )
})

test('groups are inherited where all inputs agree, else the default one is taken', async () => {
  const groupsOf = async (second: string): Promise<readonly string[]> => {
    const graph = await graphOf((env) => {
      const a = env.fromSequence(1, 9).slotSharingGroup('a')
      const b = env.fromSequence(1, 9).slotSharingGroup(second)
      a.union(b).print()
    })
    return graph.vertices.map((vertex) => vertex.slotSharingGroup)
  }
  assert.deepEqual(await groupsOf('a'), ['a', 'a', 'a'])
  assert.deepEqual(await groupsOf('b'), ['a', 'b', 'default'])
})
