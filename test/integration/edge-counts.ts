import assert from 'node:assert/strict'
import type { JobExecutionResult } from 'millrace/testing'

/**
 * What was sent by each edge arrived, and the metrics of each subtask's vertex say the same as its
 * edges do. Returns the records of each edge, by the name of its receiving operator.
 */
export function assertEveryEdgeCounted({ details }: JobExecutionResult): Map<string, number[]> {
  assert.equal(details.status, 'FINISHED')
  const { graph, vertices } = details
  assert.equal(details.edges.length, graph.edges.length)
  const operators = graph.vertices.flatMap((vertex) => vertex.operators)
  const byReceiver = new Map<string, number[]>()
  for (const [index, { edgeIndex, recordsSent, recordsReceived }] of details.edges.entries()) {
    const edge = graph.edges[index]
    const receiver = operators.find(({ id }) => id === edge?.targetOperator)?.name ?? ''
    assert.equal(edgeIndex, index)
    assert.equal(recordsReceived, recordsSent, `edge ${index} to ${receiver}`)
    byReceiver.set(receiver, [...(byReceiver.get(receiver) ?? []), recordsReceived])
  }
  for (const { vertexId, name, subtasks } of vertices) {
    const metrics = subtasks.map((subtask) => {
      assert.ok(subtask.metrics !== undefined, `${name} ${subtask.subtaskIndex} has no metrics`)
      return subtask.metrics
    })
    const into = details.edges.filter((_, index) => graph.edges[index]?.target === vertexId)
    const outOf = details.edges.filter((_, index) => graph.edges[index]?.source === vertexId)
    // What a source read came by no edge.
    if (into.length > 0) {
      assert.equal(
        sum(metrics.map(({ recordsIn }) => recordsIn)),
        sum(into.map(({ recordsReceived }) => recordsReceived)),
        `into ${name}`,
      )
    }
    assert.equal(
      sum(metrics.map(({ recordsOut }) => recordsOut)),
      sum(outOf.map(({ recordsSent }) => recordsSent)),
      `out of ${name}`,
    )
  }
  return byReceiver
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
