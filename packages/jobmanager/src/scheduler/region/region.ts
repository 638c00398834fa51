import { type TransitionTable, transition } from '@millrace/core'
import type { ExecutionVertex } from '../../execution-graph/execution-vertex.ts'
import type { JobSchedulerCommand } from '../job-scheduler-command.ts'
import type { SlotPlace, SlotPool } from '../slot/slot-pool.ts'

/**
 * waiting: for slots. running: all its tasks are deployed. canceling: its tasks are being ended.
 * restarting: they are, and a restart is due. finished: all its tasks are.
 */
export type RegionState = 'waiting' | 'running' | 'canceling' | 'restarting' | 'finished'

const regionTransitions: TransitionTable<RegionState> = {
  waiting: ['running', 'canceling'],
  running: ['canceling', 'finished'],
  canceling: ['restarting'],
  restarting: ['waiting'],
  finished: [],
}

/** Subtasks that run, fail and restart together. */
export class Region {
  readonly vertices: readonly ExecutionVertex[]
  readonly places: readonly SlotPlace[]
  #state: RegionState = 'waiting'

  constructor(vertices: readonly ExecutionVertex[], slotPool: SlotPool) {
    this.vertices = vertices
    this.places = [...new Set(vertices.map((vertex) => slotPool.placeOf(vertex)))]
  }

  get state(): RegionState {
    return this.#state
  }

  get hasAllSlots(): boolean {
    return this.places.every((place) => place.slot !== undefined && !place.isEnded)
  }

  get isOver(): boolean {
    return this.vertices.every((vertex) => vertex.execution.isTerminal)
  }

  get isFinished(): boolean {
    return this.vertices.every((vertex) => vertex.execution.state === 'FINISHED')
  }

  /** Whether every task does its work, or has done it. */
  get isFullyRunning(): boolean {
    return this.vertices.every(
      ({ execution }) => execution.state === 'RUNNING' || execution.state === 'FINISHED',
    )
  }

  /** Begins to end all its tasks, if it has any that run or wait to. */
  cancel(cancellationTimeoutMs: number): readonly JobSchedulerCommand[] {
    if (this.#state !== 'running' && this.#state !== 'waiting') return []
    this.transitionTo('canceling')
    return this.vertices.flatMap(({ execution }): readonly JobSchedulerCommand[] => {
      if (execution.isTerminal) return []
      execution.cancel()
      if (execution.slot === undefined) return []
      const { attemptId, slot } = execution
      const { taskManagerId } = slot
      return [
        { kind: 'cancel-task', taskManagerId, attemptId },
        { kind: 'set-timer', timer: attemptId, delayMs: cancellationTimeoutMs },
      ]
    })
  }

  transitionTo(state: RegionState): void {
    this.#state = transition(regionTransitions, this.#state, state)
  }
}
