import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EdgeSketch, sketchGraph, type VertexSketch } from './graph-sketch-test-support.ts'
import { pipelinedRegions } from './pipelined-regions.ts'

interface Case {
  readonly name: string
  readonly vertices: readonly VertexSketch[]
  readonly edges: readonly EdgeSketch[]
  /** Members of each region: vertex and subtask. */
  readonly regions: readonly string[]
}

const cases: readonly Case[] = [
  {
    name: 'subtasks of a lone vertex are regions of their own',
    vertices: [{ name: 'a', parallelism: 2 }],
    edges: [],
    regions: ['a0', 'a1'],
  },
  {
    name: 'a forward edge joins equal subtasks only',
    vertices: [
      { name: 'a', parallelism: 2 },
      { name: 'b', parallelism: 2 },
    ],
    edges: [['a', 'b', 'forward']],
    regions: ['a0 b0', 'a1 b1'],
  },
  {
    name: 'a rescale edge joins what it connects',
    vertices: [
      { name: 'a', parallelism: 2 },
      { name: 'b', parallelism: 4 },
    ],
    edges: [['a', 'b', 'rescale']],
    regions: ['a0 b0 b1', 'a1 b2 b3'],
  },
  {
    name: 'an all-to-all edge makes one region',
    vertices: [
      { name: 'a', parallelism: 3 },
      { name: 'b', parallelism: 2 },
    ],
    edges: [['a', 'b', 'hash']],
    regions: ['a0 a1 a2 b0 b1'],
  },
  {
    name: 'graphs that are not connected stay apart',
    vertices: [
      { name: 'a', parallelism: 1 },
      { name: 'b', parallelism: 1 },
      { name: 'c', parallelism: 1 },
    ],
    edges: [['a', 'c', 'rebalance']],
    regions: ['a0 c0', 'b0'],
  },
  {
    name: 'two sources of one consumer are one region',
    vertices: [
      { name: 'a', parallelism: 2 },
      { name: 'b', parallelism: 2 },
      { name: 'c', parallelism: 2 },
    ],
    edges: [
      ['a', 'c', 'forward'],
      ['b', 'c', 'broadcast'],
    ],
    regions: ['a0 a1 b0 b1 c0 c1'],
  },
]

for (const { name, vertices, edges, regions } of cases) {
  test(name, () => {
    const found = pipelinedRegions(sketchGraph(vertices, edges)).map((region) =>
      region.map((place) => `${place.vertexId}${place.subtaskIndex}`).join(' '),
    )
    assert.deepEqual(found, regions)
  })
}
