import type { TaskRestore } from '../checkpoint/state-handle.ts'
import type { DataAddress } from '../environment/data-transport.ts'
import type { AllocationId, ExecutionAttemptId, JobId, JobVertexId } from '../ids.ts'

/** One attempt of one subtask, with the channels it reads and writes. */
export interface TaskDeployment {
  readonly jobId: JobId
  readonly vertexId: JobVertexId
  readonly subtaskIndex: number
  readonly parallelism: number
  readonly attemptId: ExecutionAttemptId
  readonly attemptNumber: number
  readonly allocationId: AllocationId
  /** One per edge of the graph that ends here. */
  readonly inputs: readonly InputGateDeployment[]
  /** One per edge of the graph that starts here. */
  readonly outputs: readonly ResultPartitionDeployment[]
  /** What it begins with; undefined: with nothing. */
  readonly restore: TaskRestore | undefined
}

export interface InputGateDeployment {
  readonly edgeIndex: number
  /** One per producer subtask, ascending. */
  readonly channels: readonly InputChannelDeployment[]
}

export interface InputChannelDeployment {
  readonly producerSubtask: number
  readonly producerAttemptId: ExecutionAttemptId
  /** Data port of the producer's slot; equal to one's own where both share a slot. */
  readonly address: DataAddress
}

export interface ResultPartitionDeployment {
  readonly edgeIndex: number
  /** One subpartition per consumer subtask, ascending. */
  readonly consumers: readonly {
    readonly consumerSubtask: number
    readonly consumerAttemptId: ExecutionAttemptId
  }[]
}
