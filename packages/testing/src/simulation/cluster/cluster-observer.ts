import type {
  SessionId,
  SlotCommand,
  SlotEvent,
  TaskExecutorMessage,
  TaskManagerMessage,
} from '@millrace/core'
import type { Actor } from '../world/actor.ts'

/** Which end of a session. */
export type Side = 'jobmanager' | 'taskmanager'

export interface SessionPlace {
  readonly side: Side
  readonly sessionId: SessionId
  /** The process at this end. */
  readonly actor: Actor
  /** The TaskManager's host. */
  readonly host: string
}

/** What checkers see of a cluster: all that crosses a border between its parts. */
export interface ClusterObserver {
  onProcessStarted?(actor: Actor): void
  onSessionOpened?(place: SessionPlace): void
  onSessionClosed?(place: SessionPlace, reason: string): void
  /** A part of the product sends into its session. */
  onSent?(place: SessionPlace, message: TaskExecutorMessage | TaskManagerMessage): void
  /** A part of the product is about to act on a message. */
  onReceived?(place: SessionPlace, message: TaskExecutorMessage | TaskManagerMessage): void
  onSlotThreadStarted?(thread: Actor): void
  onSlotCommand?(thread: Actor, command: SlotCommand): void
  onSlotEvent?(thread: Actor, event: SlotEvent): void
  /** Called when nothing happens any more and nothing should be left. */
  onQuiescent?(): void
  /** Called every now and then. */
  onTick?(): void
}

/** Tells all of them, in order. */
export function observeAll(
  observers: readonly ClusterObserver[],
): <Name extends keyof ClusterObserver>(
  name: Name,
  ...args: Parameters<NonNullable<ClusterObserver[Name]>>
) => void {
  return (name, ...args) => {
    for (const observer of observers) {
      const method = observer[name] as ((...all: readonly unknown[]) => void) | undefined
      method?.apply(observer, args)
    }
  }
}

export type Observe = ReturnType<typeof observeAll>
