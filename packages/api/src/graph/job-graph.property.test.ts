import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { StreamExecutionEnvironment } from '../environment/stream-execution-environment.ts'
import { defineJob } from '../job/define-job.ts'
import type { DataStream } from '../stream/data-stream.ts'
import { buildJob } from './build-job.ts'

const distributions = ['none', 'rebalance', 'rescale', 'shuffle', 'broadcast', 'global'] as const

interface Step {
  /** Streams it takes, counted back from the newest; none: a source. */
  readonly inputs: readonly number[]
  readonly distribution: (typeof distributions)[number]
  readonly parallelism: number
  readonly chaining: 'always' | 'head' | 'never'
  readonly group: string | undefined
  readonly isPrinted: boolean
}

const step: fc.Arbitrary<Step> = fc.record({
  inputs: fc.array(fc.nat(5), { maxLength: 3 }),
  distribution: fc.constantFrom(...distributions),
  parallelism: fc.integer({ min: 1, max: 3 }),
  chaining: fc.constantFrom('always', 'head', 'never'),
  group: fc.constantFrom(undefined, 'a', 'b'),
  isPrinted: fc.boolean(),
})

function describe(env: StreamExecutionEnvironment, steps: readonly Step[]): void {
  const streams: DataStream<number>[] = [env.fromSequence(0, 9)]
  for (const { inputs, distribution, parallelism, chaining, group, isPrinted } of steps) {
    const options = { parallelism, chaining, slotSharingGroup: group }
    const taken = inputs.map((back) => streams[Math.max(0, streams.length - 1 - back)])
    const [first, ...others] = taken.filter((stream) => stream !== undefined)
    const united = first?.union(...others)
    const distributed = distribution === 'none' ? united : united?.[distribution]()
    const stream = distributed?.map((n) => n, options) ?? env.fromSequence(0, 9, options)
    streams.push(stream)
    if (isPrinted) stream.print()
  }
  streams.at(-1)?.print()
}

test('every edge of the program is in one chain or between two vertices', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const definition = defineJob('job', (env) => describe(env, steps))
      const inputs = { args: {}, config: { 'parallelism.default': '2' } }
      const job = await buildJob(definition, inputs)
      const { vertices, edges, hash } = job.jobGraph
      const operators = vertices.flatMap((vertex) => vertex.operators)
      assert.equal(new Set(operators.map(({ id }) => id)).size, operators.length)

      const nodes = vertices.flatMap(({ id }) => job.nodesOf(id))
      const described = nodes.flatMap((node) => node.inputs).length
      const chained = operators.flatMap((operator) => operator.chainedInputs).length
      assert.equal(chained + edges.length, described)

      const positionOf = new Map(vertices.map(({ id }, position) => [id, position]))
      for (const { source, target } of edges) {
        assert.ok((positionOf.get(source) ?? 0) < (positionOf.get(target) ?? 0), 'not in order')
      }
      for (const vertex of vertices) {
        const own = job.nodesOf(vertex.id)
        assert.ok(own.every((node) => node.parallelism === vertex.parallelism))
        assert.ok(own.every((node) => node.slotSharingGroup === vertex.slotSharingGroup))
        assert.ok(own.length === 1 || own.every((node) => node.chaining !== 'never'))
        for (const [index, { chainedInputs }] of vertex.operators.entries()) {
          assert.equal(chainedInputs.length, index === 0 ? 0 : 1)
          assert.ok(chainedInputs.every((input) => input < index))
        }
      }
      for (const edge of edges) {
        const target = job.nodesOf(edge.target)[0]
        const partitioning = target?.inputs.map((input) => input.partitioning)
        assert.ok(partitioning?.includes(job.partitioningOf(edge)))
        assert.equal(job.partitioningOf(edge).kind, edge.partitioner)
      }
      assert.equal((await buildJob(definition, inputs)).jobGraph.hash, hash)
    }),
    { numRuns: 200 },
  )
})
