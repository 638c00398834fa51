import {
  assert,
  type Random,
  randomFraction,
  type Thread,
  type ThreadExit,
  type ThreadHandler,
  type ThreadHost,
  type ThreadKind,
  type ThreadPort,
  type ThreadRequest,
} from '@millrace/core'
import { Actor } from '../world/actor.ts'
import type { Simulation } from '../world/simulation.ts'

/** What runs in a thread: the product's code of that kind of thread. */
export type ThreadBody = (thread: {
  readonly actor: Actor
  readonly name: string
  readonly data: unknown
  readonly port: ThreadPort<never, never>
  /** The code of the thread came to its end. */
  readonly end: () => void
}) => void

export type ThreadBodies = Readonly<Record<ThreadKind, ThreadBody>>

/** How code of a job ends its own thread, or makes it useless. */
export type ThreadEnd = 'out-of-memory' | 'exited' | 'error'

/** Threads of one process as actors. What crosses between them is copied, in order, with delay. */
export class SimulatedThreadHost implements ThreadHost {
  readonly #simulation: Simulation
  readonly #process: Actor
  readonly #bodies: ThreadBodies
  readonly #random: Random
  readonly #exits: Map<Actor, (exit: ThreadExit) => void>
  #startedCount = 0

  constructor(
    simulation: Simulation,
    process: Actor,
    bodies: ThreadBodies,
    exits: Map<Actor, (exit: ThreadExit) => void>,
  ) {
    this.#simulation = simulation
    this.#process = process
    this.#bodies = bodies
    this.#random = simulation.random(`threads ${process.name}`)
    this.#exits = exits
  }

  start<Data, Out, In>(request: ThreadRequest<Data>, handler: ThreadHandler<In>): Thread<Out> {
    const { kind, name } = request
    this.#startedCount++
    const process = this.#process
    const actor = new Actor(`${process.name}/${this.#startedCount}`, process.host, process)
    const lane = new Lane(this.#simulation, this.#random)
    const data = structuredClone(request.data)
    let receiver: ((message: never) => void) | undefined
    let early: unknown[] = []
    const port: ThreadPort<never, unknown> = {
      post: (message) => {
        if (!actor.isRunning) return
        const copy = structuredClone(message)
        lane.send(process, labelOf(message), () => handler.onMessage(copy as In))
      },
      onMessage: (given) => {
        assert(receiver === undefined, 'A thread has one receiver of messages')
        receiver = given
        const waiting = early
        early = []
        for (const message of waiting) given(message as never)
      },
    }
    const exit = (end: ThreadExit): void => {
      if (!actor.isAlive) return
      actor.kill()
      this.#exits.delete(actor)
      lane.send(process, `thread ${end.reason}`, () => handler.onExit(end))
    }
    this.#exits.set(actor, exit)
    actor.onDeath(() => this.#exits.delete(actor))
    const startMs = 15 + randomFraction(this.#random) * 30
    this.#simulation.schedule(actor, startMs, `thread starts: ${name}`, () =>
      this.#bodies[kind]({
        actor,
        name,
        data,
        port: port as ThreadPort<never, never>,
        end: () => exit({ reason: 'exited', exitCode: 0, error: undefined }),
      }),
    )
    const inbound = new Lane(this.#simulation, this.#random)
    return {
      post: (message) => {
        const copy = structuredClone(message)
        inbound.send(actor, labelOf(message), () => {
          if (receiver === undefined) early.push(copy)
          else receiver(copy as never)
        })
      },
      terminate: () => {
        const afterMs = randomFraction(this.#random) * 3
        this.#simulation.schedule(process, afterMs, 'terminate', () =>
          exit({ reason: 'terminated', exitCode: 1, error: undefined }),
        )
      },
    }
  }
}

/** Messages in one direction between two threads of a process, in order. */
class Lane {
  readonly #simulation: Simulation
  readonly #random: Random
  #lastArrivalMs = 0

  constructor(simulation: Simulation, random: Random) {
    this.#simulation = simulation
    this.#random = random
  }

  send(to: Actor, label: string, deliver: () => void): void {
    const { nowMs } = this.#simulation
    const delayMs = 0.01 + randomFraction(this.#random) * 0.2
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, nowMs + delayMs)
    this.#simulation.schedule(to, this.#lastArrivalMs - nowMs, label, deliver)
  }
}

function labelOf(message: unknown): string {
  const kind = (message as { readonly kind?: unknown }).kind
  return typeof kind === 'string' ? `> ${kind}` : '> message'
}
