import type { OperatorId } from '@millrace/core'
import { operatorIdOf } from '../graph/job-graph-generator.ts'
import type { BuiltJob, NodeBody } from '../graph/stream-graph.ts'
import { CollectSink } from '../sink/collect-sink.ts'

/** An operator that has a part in the job host. */
export interface CoordinatedOperator {
  readonly operatorId: OperatorId
  readonly name: string
  readonly parallelism: number
  readonly body: Exclude<NodeBody, { kind: 'operator' }>
}

/** The sources and collect sinks of a job, in the order of its graph. */
export function coordinatedOperators(job: BuiltJob): ReadonlyMap<OperatorId, CoordinatedOperator> {
  const operators = new Map<OperatorId, CoordinatedOperator>()
  for (const node of job.jobGraph.vertices.flatMap((vertex) => job.nodesOf(vertex.id))) {
    const { body, name, parallelism } = node
    const isCoordinated =
      body.kind === 'source' || (body.kind === 'sink' && body.sink instanceof CollectSink)
    if (!isCoordinated) continue
    const operatorId = operatorIdOf(node)
    operators.set(operatorId, { operatorId, name, parallelism, body })
  }
  return operators
}
