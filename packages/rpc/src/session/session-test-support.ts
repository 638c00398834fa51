import {
  type Clock,
  MillraceError,
  type Random,
  randomBelow,
  silentLogger,
  type TaskExecutorMessage,
  TaskManagerId,
  type TaskManagerMessage,
  type TaskManagerRegistration,
  type Timer,
} from '@millrace/core'
import type { SessionFrame } from './session-frame.ts'
import type { SessionEnvironment } from './session-handlers.ts'
import type { SessionServer } from './session-server.ts'
import type {
  SessionConnector,
  SessionWireHandler,
  TaskManagerWire,
  TaskManagerWireHandler,
} from './session-wire.ts'

interface Scheduled {
  readonly atMs: number
  readonly callback: () => void
  isCanceled: boolean
}

/** Time that goes on only by `advance`. */
export class VirtualClock implements Clock {
  #nowMs = 1000
  /** Ascending; of one time in the order they were set. */
  readonly #scheduled: Scheduled[] = []

  now(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const scheduled = { atMs: this.#nowMs + Math.max(0, delayMs), callback, isCanceled: false }
    const index = this.#scheduled.findIndex(({ atMs }) => atMs > scheduled.atMs)
    this.#scheduled.splice(index === -1 ? this.#scheduled.length : index, 0, scheduled)
    return {
      cancel: () => {
        scheduled.isCanceled = true
      },
    }
  }

  setImmediate(callback: () => void): void {
    this.setTimer(0, callback)
  }

  /** Runs what is due within the next `ms`, promises in between included. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await settle()
    for (;;) {
      const first = this.#scheduled[0]
      if (first === undefined || first.atMs > untilMs) break
      this.#scheduled.shift()
      if (first.isCanceled) continue
      this.#nowMs = first.atMs
      first.callback()
      await settle()
    }
    this.#nowMs = untilMs
  }

  /** Stands still, as a process that is stopped: timers fire late. */
  pass(ms: number): void {
    this.#nowMs += ms
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 6; i++) await null
}

export function environmentOf(clock: Clock, random: Random): SessionEnvironment {
  return { clock, random, logger: silentLogger }
}

export const registration: TaskManagerRegistration = {
  taskManagerId: TaskManagerId.parse('tm-1'),
  slotCount: 2,
  dataHost: '127.0.0.1',
  livenessAddress: '127.0.0.1:7001',
  processId: 4711,
  version: '0.1.0',
}

/** One direction of a connection: frames in order, each after a while. */
class SimulatedStream<Message> {
  readonly #clock: VirtualClock
  readonly #delayMs: () => number
  #handler: SessionWireHandler<Message> | undefined
  #lastArrivalMs = 0
  #stalledUntilMs = 0
  #isEnded = false

  constructor(clock: VirtualClock, delayMs: () => number) {
    this.#clock = clock
    this.#delayMs = delayMs
  }

  open(handler: SessionWireHandler<Message>): void {
    this.#handler = handler
  }

  push(frame: SessionFrame<Message>): void {
    this.#arrive(() => this.#handler?.onFrame(structuredClone(frame)))
  }

  end(error?: Error): void {
    if (this.#isEnded) return
    this.#arrive(() => {
      const handler = this.#handler
      this.#handler = undefined
      handler?.onClosed(error)
    })
    this.#isEnded = true
  }

  /** What is on its way is lost; the receiver learns of it after a while. */
  cut(afterMs: number): void {
    const handler = this.#handler
    this.#handler = undefined
    this.#isEnded = true
    this.#clock.setTimer(afterMs, () => handler?.onClosed(new Error('connection cut')))
  }

  stall(ms: number): void {
    this.#stalledUntilMs = Math.max(this.#stalledUntilMs, this.#clock.monotonicMs() + ms)
  }

  #arrive(callback: () => void): void {
    if (this.#isEnded) return
    const nowMs = this.#clock.monotonicMs()
    const arrivalMs = Math.max(nowMs + this.#delayMs(), this.#stalledUntilMs, this.#lastArrivalMs)
    this.#lastArrivalMs = arrivalMs
    this.#clock.setTimer(arrivalMs - nowMs, callback)
  }
}

/** Connections of one TaskManager to a JobManager that may be away or be another one later. */
export class SimulatedNetwork implements SessionConnector {
  readonly #clock: VirtualClock
  readonly #random: Random
  readonly #delayMsMax: number
  readonly #connections: {
    readonly cut: (afterMs: () => number) => void
    readonly stall: (ms: number) => void
  }[] = []
  server: SessionServer | undefined
  connectCount = 0

  constructor(clock: VirtualClock, random: Random, delayMsMax: number) {
    this.#clock = clock
    this.#random = random
    this.#delayMsMax = delayMsMax
  }

  connect(handler: TaskManagerWireHandler): Promise<TaskManagerWire> {
    this.connectCount++
    const delayMs = (): number => randomBelow(this.#random, this.#delayMsMax + 1)
    return new Promise((resolve, reject) => {
      this.#clock.setTimer(delayMs(), () => {
        const server = this.server
        if (server === undefined) {
          reject(new MillraceError('JOB_MANAGER_UNREACHABLE', 'nobody listens'))
          return
        }
        resolve(this.#open(server, handler, delayMs))
      })
    })
  }

  /** Breaks every connection; each end learns of it some time within `withinMs`. */
  cut(withinMs: number): void {
    const afterMs = (): number => randomBelow(this.#random, withinMs + 1)
    for (const connection of this.#connections.splice(0)) connection.cut(afterMs)
  }

  /** Holds back everything on every connection. */
  stall(ms: number): void {
    for (const connection of this.#connections) connection.stall(ms)
  }

  #open(
    server: SessionServer,
    handler: TaskManagerWireHandler,
    delayMs: () => number,
  ): TaskManagerWire {
    const toServer = new SimulatedStream<TaskManagerMessage>(this.#clock, delayMs)
    const toClient = new SimulatedStream<TaskExecutorMessage>(this.#clock, delayMs)
    toClient.open(handler)
    toServer.open(
      server.acceptWire({
        send: (frame) => toClient.push(frame),
        close: () => toClient.end(),
      }),
    )
    this.#connections.push({
      cut: (afterMs) => {
        toServer.cut(afterMs())
        toClient.cut(afterMs())
      },
      stall: (ms) => {
        toServer.stall(ms)
        toClient.stall(ms)
      },
    })
    return { send: (frame) => toServer.push(frame), close: () => toServer.end() }
  }
}
