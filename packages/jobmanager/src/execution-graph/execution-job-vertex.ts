import { assert, type JobVertex } from '@millrace/core'
import type { ExecutionVertex } from './execution-vertex.ts'

/** A vertex of the JobGraph with its subtasks. */
export class ExecutionJobVertex {
  readonly jobVertex: JobVertex
  readonly subtasks: readonly ExecutionVertex[]

  constructor(jobVertex: JobVertex, subtasks: readonly ExecutionVertex[]) {
    assert(subtasks.length === jobVertex.parallelism, 'A vertex has as many subtasks as it says')
    this.jobVertex = jobVertex
    this.subtasks = subtasks
  }

  subtask(index: number): ExecutionVertex {
    const subtask = this.subtasks[index]
    assert(subtask !== undefined, `Vertex ${this.jobVertex.id} has no subtask ${index}`)
    return subtask
  }
}
