import { MillraceError } from '@millrace/core'
import type { Actor } from '../world/actor.ts'
import type { SimulatedNetwork } from './simulated-network.ts'

/** A process that is called, as long as it lives. */
export interface Callee<Target> {
  readonly actor: Actor
  readonly target: Target
}

const callTimeoutMs = 30_000

/**
 * A unary call from one process to another. Rejects with RPC_FAILED where nobody is there, where
 * the other process dies before it answers, or where no answer comes for 30 s.
 */
export function call<Target, Result>(
  network: SimulatedNetwork,
  caller: Actor,
  findCallee: () => Callee<Target> | undefined,
  label: string,
  run: (target: Target) => Promise<Result>,
): Promise<Result> {
  const { simulation, links } = network
  const { promise, resolve, reject } = Promise.withResolvers<Result>()
  const fail = (reason: string): void =>
    reject(
      new MillraceError('RPC_FAILED', `${label}: ${reason}`, {
        disposition: 'retry',
        blame: 'external',
      }),
    )
  simulation.schedule(caller, callTimeoutMs, `${label} timed out`, () => fail('no answer'))
  const travel = (from: string, to: Actor, what: string, arrive: () => void): void => {
    simulation.schedule(to, links.delayMs(from, to.host), what, () => {
      if (links.isBlocked(from, to.host)) {
        links.whenHealed(() => travel(from, to, what, arrive))
      } else {
        arrive()
      }
    })
  }
  const callee = findCallee()
  if (callee === undefined) {
    simulation.schedule(caller, 1, `${label} refused`, () => fail('nobody listens'))
    return promise
  }
  const { actor, target } = callee
  const back = (what: string, settle: () => void): void =>
    travel(actor.host, caller, `${label} ${what}`, settle)
  const forget = actor.onDeath(() => back('broke', () => fail('the process died')))
  travel(caller.host, actor, label, () => {
    run(target).then(
      (result) => {
        forget()
        back('answered', () => resolve(result))
      },
      (error: unknown) => {
        forget()
        back('rejected', () => reject(error))
      },
    )
  })
  return promise
}
