import {
  assert,
  consumersOf,
  type InputGateDeployment,
  type JobEdge,
  type JobId,
  producersOf,
  type ResultPartitionDeployment,
  type TaskDeployment,
  type TaskRestore,
} from '@millrace/core'
import type { ExecutionGraph } from './execution-graph.ts'
import type { ExecutionVertex } from './execution-vertex.ts'

/** What a TaskManager needs to run the current attempt. All slots of its region must be known. */
export function createTaskDeployment(
  jobId: JobId,
  executionGraph: ExecutionGraph,
  vertex: ExecutionVertex,
  restore: TaskRestore | undefined,
): TaskDeployment {
  const { jobVertex, subtaskIndex, execution } = vertex
  assert(execution.slot !== undefined, `${vertex.taskName} has no slot to be deployed in`)
  const { edges } = executionGraph.graph
  return {
    jobId,
    vertexId: jobVertex.id,
    subtaskIndex,
    parallelism: jobVertex.parallelism,
    attemptId: execution.attemptId,
    attemptNumber: execution.attemptNumber,
    allocationId: execution.slot.allocationId,
    inputs: edges
      .filter((edge) => edge.target === jobVertex.id)
      .map((edge) => inputGate(executionGraph, edge, subtaskIndex)),
    outputs: edges
      .filter((edge) => edge.source === jobVertex.id)
      .map((edge) => resultPartition(executionGraph, edge, subtaskIndex)),
    restore,
  }
}

function inputGate(
  executionGraph: ExecutionGraph,
  edge: JobEdge,
  consumer: number,
): InputGateDeployment {
  const { source, producers, consumers } = endsOf(executionGraph, edge)
  const indexes = producersOf(edge.partitioner, consumer, { producers, consumers })
  return {
    edgeIndex: edge.index,
    channels: indexes.map((producerSubtask) => {
      const { execution, taskName } = source.subtask(producerSubtask)
      assert(execution.slot !== undefined, `The producer ${taskName} has no slot`)
      const { dataAddress } = execution.slot
      return { producerSubtask, producerAttemptId: execution.attemptId, address: dataAddress }
    }),
  }
}

function resultPartition(
  executionGraph: ExecutionGraph,
  edge: JobEdge,
  producer: number,
): ResultPartitionDeployment {
  const { target, producers, consumers } = endsOf(executionGraph, edge)
  const indexes = consumersOf(edge.partitioner, producer, { producers, consumers })
  return {
    edgeIndex: edge.index,
    consumers: indexes.map((consumerSubtask) => ({
      consumerSubtask,
      consumerAttemptId: target.subtask(consumerSubtask).execution.attemptId,
    })),
  }
}

function endsOf(executionGraph: ExecutionGraph, edge: JobEdge) {
  const source = executionGraph.jobVertex(edge.source)
  const target = executionGraph.jobVertex(edge.target)
  return {
    source,
    target,
    producers: source.subtasks.length,
    consumers: target.subtasks.length,
  }
}
