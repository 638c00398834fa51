import { assert, ExecutionAttemptId, type JobVertex, type Random } from '@millrace/core'
import { Execution } from './execution.ts'

/** One subtask of a vertex, through all its attempts. */
export class ExecutionVertex {
  readonly jobVertex: JobVertex
  readonly subtaskIndex: number
  /** Position of its failover region in the ExecutionGraph. */
  readonly regionIndex: number
  /** As users read it: `window (2/4)`. */
  readonly taskName: string
  readonly #random: Random
  #execution: Execution

  constructor(
    jobVertex: JobVertex,
    place: {
      readonly subtaskIndex: number
      readonly regionIndex: number
      readonly firstAttemptNumber: number
    },
    random: Random,
  ) {
    this.jobVertex = jobVertex
    this.subtaskIndex = place.subtaskIndex
    this.regionIndex = place.regionIndex
    this.taskName = `${jobVertex.name} (${place.subtaskIndex + 1}/${jobVertex.parallelism})`
    this.#random = random
    this.#execution = this.#newExecution(place.firstAttemptNumber)
  }

  /** The current attempt. */
  get execution(): Execution {
    return this.#execution
  }

  /** Replaces an attempt that is over by a new one, CREATED. */
  resetForNewExecution(): Execution {
    assert(this.#execution.isTerminal, `The attempt of ${this.taskName} is not over`)
    this.#execution = this.#newExecution(this.#execution.attemptNumber + 1)
    return this.#execution
  }

  #newExecution(attempt: number): Execution {
    const place = { subtask: this.subtaskIndex, attempt }
    const attemptId = ExecutionAttemptId.of(this.#random, this.jobVertex.id, place)
    return new Execution(attemptId, attempt)
  }
}
