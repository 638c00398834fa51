import assert from 'node:assert/strict'
import type { JobExecutionResult } from 'millrace/testing'

/**
 * What was sent arrived, by the counters of both ends. A vertex counts its records together, not by
 * edge; so edges that share a sender or a receiver are added up. That each single channel agrees is
 * what the JobMaster demands of a job before it is FINISHED.
 */
export function assertEveryEdgeCounted({ details }: JobExecutionResult): void {
  assert.equal(details.status, 'FINISHED')
  const { edges, vertices } = details.graph
  const unseen = new Set(edges)
  for (const first of edges) {
    if (!unseen.delete(first)) continue
    const sources = new Set([first.source])
    const targets = new Set([first.target])
    for (let size = 0; size !== sources.size + targets.size; ) {
      size = sources.size + targets.size
      for (const edge of unseen) {
        if (!sources.has(edge.source) && !targets.has(edge.target)) continue
        sources.add(edge.source)
        targets.add(edge.target)
        unseen.delete(edge)
      }
    }
    const names = (ids: Iterable<string>): string =>
      [...ids].map((id) => vertices.find((vertex) => vertex.id === id)?.name).join(', ')
    const sent = sum([...sources].map((id) => counted(details, id, 'recordsOut')))
    const received = sum([...targets].map((id) => counted(details, id, 'recordsIn')))
    assert.equal(received, sent, `from ${names(sources)} to ${names(targets)}`)
  }
}

function counted(
  details: JobExecutionResult['details'],
  vertexId: string,
  counter: 'recordsIn' | 'recordsOut',
): number {
  const vertex = details.vertices.find((each) => each.vertexId === vertexId)
  assert.ok(vertex !== undefined)
  return sum(
    vertex.subtasks.map(({ metrics, subtaskIndex }) => {
      assert.ok(metrics !== undefined, `${vertex.name} ${subtaskIndex} has no metrics`)
      return metrics[counter]
    }),
  )
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
