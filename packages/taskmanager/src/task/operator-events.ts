import type { OperatorId } from '@millrace/core'
import type { SubtaskCheckpointCoordinator } from '../checkpoint/subtask-checkpoint-coordinator.ts'
import type { TaskChain } from './task-chain.ts'

/** Which checkpoints the task has still to perform. */
type DueCheckpoints = Pick<SubtaskCheckpointCoordinator, 'lastDue' | 'isDueUpTo'>
/** The operators. */
type EventReceiver = Pick<TaskChain, 'source' | 'handleEvent'>

interface OperatorEvent {
  readonly operatorId: OperatorId
  readonly event: Uint8Array
}

/**
 * What the coordinators in the job host say to the operators of one task, in order. It waits where
 * there is no chain yet; and what the source's enumerator says behind the trigger of a checkpoint
 * waits until that one is performed: splits that are assigned later are none of its snapshot's.
 */
export class OperatorEvents {
  readonly #checkpoints: DueCheckpoints
  readonly #early: OperatorEvent[] = []
  readonly #held: (OperatorEvent & { readonly checkpointId: number })[] = []
  #chain: EventReceiver | undefined

  constructor(checkpoints: DueCheckpoints) {
    this.#checkpoints = checkpoints
  }

  /** There is a chain. Throws what its operators throw, as the others do. */
  start(chain: EventReceiver): void {
    this.#chain = chain
    for (const { operatorId, event } of this.#early.splice(0)) chain.handleEvent(operatorId, event)
  }

  handle(operatorId: OperatorId, event: Uint8Array): void {
    const { lastDue } = this.#checkpoints
    const chain = this.#chain
    if (chain === undefined) {
      this.#early.push({ operatorId, event })
    } else if (lastDue > 0 && operatorId === chain.source?.operatorId) {
      this.#held.push({ checkpointId: lastDue, operatorId, event })
    } else {
      chain.handleEvent(operatorId, event)
    }
  }

  /** A checkpoint that was due is over. */
  release(): void {
    for (let [held] = this.#held; held !== undefined; [held] = this.#held) {
      if (this.#checkpoints.isDueUpTo(held.checkpointId)) return
      this.#held.shift()
      this.#chain?.handleEvent(held.operatorId, held.event)
    }
  }
}
