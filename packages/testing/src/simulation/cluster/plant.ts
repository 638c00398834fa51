import type { ValueState } from '@millrace/api'
import type {
  CheckpointStorage,
  SlotCommand,
  SlotEvent,
  ThreadHost,
  ThreadPort,
} from '@millrace/core'
import type { LivenessProbe, SessionServerHandler, TaskManagerSessionHandler } from '@millrace/rpc'
import type { Account } from '../jobs/keyed-ledger.ts'
import type { FaultKind } from '../scenario/fault-kind.ts'
import type { Simulation } from '../world/simulation.ts'

export type SlotPort = ThreadPort<SlotCommand, SlotEvent>

/** Decides of timers by who registered them and who is to fire them. */
export interface TimerPlant {
  onRegistered(timer: string, parallelism: number): void
  fires(timer: string, parallelism: number): boolean
}

/**
 * A known bug that can be switched on: it changes what passes a border between parts of the
 * product, as the bug inside of the part would.
 */
export interface Plant {
  readonly name: string
  /** What a part of the product would do wrong. */
  readonly bug: string
  /** Faults without which it does no harm: a hunt for it adds them to those of the seed. */
  readonly provokedBy?: readonly FaultKind[]
  /** Between a TaskManager's session and what checkers see of it. */
  taskManagerHandler?(
    handler: TaskManagerSessionHandler,
    simulation: Simulation,
  ): TaskManagerSessionHandler
  /** Between what checkers see and the TaskExecutor. */
  taskExecutor?(handler: TaskManagerSessionHandler): TaskManagerSessionHandler
  /** Between what checkers see and the ResourceManager. */
  resourceManager?(handler: SessionServerHandler, simulation: Simulation): SessionServerHandler
  livenessProbe?(probe: LivenessProbe): LivenessProbe
  /** Between a JobManager and the directory of its high availability. */
  highAvailabilityStorage?(storage: CheckpointStorage): CheckpointStorage
  jobManagerThreadHost?(threadHost: ThreadHost, simulation: Simulation): ThreadHost
  /** Between a slot thread and its TaskExecutor. */
  slotPort?(port: SlotPort, simulation: Simulation): SlotPort
  /** Between the engine and a function: whether this timer of a key fires, of all that are due. */
  timers?(): TimerPlant
  /** Between a function and the state it asked for. */
  valueState?<T extends Account>(state: ValueState<T>): ValueState<T>
}
