import { SeededRandom, type Timer } from '@millrace/core'
import { Actor } from './actor.ts'
import { EventLog } from './event-log.ts'
import { EventQueue, type SimulatedEvent } from './event-queue.ts'

// Invariants
//  - Everything that happens is an event of the queue; the next one begins when the promises the
//    last one settled have run all their continuations.
//  - Time moves only from event to event, and a little whenever a clock is read, so that code
//    which works until some time has passed comes to an end.
//  - All randomness comes from the seed. So the same seed gives the same log.

/** What reading a clock costs: stands for the work done between two readings. */
const clockReadMs = 0.004

export interface Violation {
  readonly invariant: string
  readonly message: string
  readonly atMs: number
}

/** A world of its own: time, events, randomness, a log and what was found wrong. */
export class Simulation {
  readonly seed: number
  readonly log: EventLog
  /** The part of the world that never dies: networks, faults, the observer. */
  readonly world: Actor = new Actor('world', 'world')
  readonly violations: Violation[] = []
  readonly #queue = new EventQueue()
  readonly #waiting = new Map<Actor, SimulatedEvent[]>()
  #nowMs = 1000
  #sequence = 0
  #eventCount = 0
  #current: Actor = this.world

  constructor(seed: number, options: { readonly keepsLog?: boolean } = {}) {
    this.seed = seed
    this.log = new EventLog(options.keepsLog ?? false)
  }

  get nowMs(): number {
    return this.#nowMs
  }

  /** Who is running; code of jobs asks for it. */
  get current(): Actor {
    return this.#current
  }

  get eventCount(): number {
    return this.#eventCount
  }

  /** The time as code sees it that works on. */
  readClock(): number {
    this.#nowMs += clockReadMs
    return this.#nowMs
  }

  /** A generator of its own for each name: what one thing draws changes nothing for another. */
  random(name: string): SeededRandom {
    let state = this.seed | 0
    for (let i = 0; i < name.length; i++) state = Math.imul(state ^ name.charCodeAt(i), 0x01000193)
    return new SeededRandom(state)
  }

  /** Nothing comes of it if `actor` is dead by then; while it is stopped the event waits. */
  schedule(actor: Actor, delayMs: number, label: string, run: () => void): Timer {
    if (!actor.isAlive) return { cancel: () => {} }
    const atMs = this.#nowMs + Math.max(0, delayMs)
    const event = { atMs, sequence: this.#sequence++, actor, label, run, isCanceled: false }
    this.#queue.push(event)
    return {
      cancel: () => {
        event.isCanceled = true
      },
    }
  }

  /** Lets a stopped actor go on with what waits for it. */
  resume(actor: Actor): void {
    actor.resume()
    for (const [waiter, events] of [...this.#waiting]) {
      if (waiter.isStopped) continue
      this.#waiting.delete(waiter)
      for (const event of events) this.#queue.push(event)
    }
  }

  note(actor: Actor, text: string, detail?: () => string): void {
    this.log.add(this.#nowMs, actor.name, text, detail)
  }

  violate(invariant: string, message: string): void {
    if (this.violations.some((known) => known.invariant === invariant)) return
    this.note(this.world, `VIOLATED ${invariant}`, () => message)
    this.violations.push({ invariant, message, atMs: this.#nowMs })
  }

  /** Runs events until `isOver`, until nothing is left, or until `untilMs`. */
  async run(untilMs: number, isOver: () => boolean = () => false): Promise<void> {
    await promisesSettled()
    while (!isOver()) {
      const first = this.#queue.first
      if (first === undefined || first.atMs > untilMs) {
        this.#nowMs = Math.max(this.#nowMs, untilMs)
        return
      }
      this.#queue.pop()
      if (this.#step(first)) await promisesSettled()
    }
  }

  #step(event: SimulatedEvent): boolean {
    const { actor } = event
    if (event.isCanceled || !actor.isAlive) return false
    if (actor.isStopped) {
      const waiting = this.#waiting.get(actor)
      if (waiting === undefined) this.#waiting.set(actor, [event])
      else waiting.push(event)
      return false
    }
    this.#nowMs = Math.max(this.#nowMs, event.atMs)
    this.#eventCount++
    this.#current = actor
    this.log.add(this.#nowMs, actor.name, event.label)
    try {
      event.run()
    } catch (error) {
      this.onUncaught(error)
    }
    return true
  }

  /** Code of Millrace threw where nobody catches: its process would have died of it. */
  onUncaught(error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.violate('no-uncaught-error', `${this.#current.name}: ${text}`)
  }
}

/**
 * A macrotask later all continuations have run. It is the one thing the simulation takes from the
 * real event loop, and it takes no decision from it.
 */
function promisesSettled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
