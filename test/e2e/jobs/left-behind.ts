import { appendFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { defineJob, type MapFunction, type RuntimeContext } from 'millrace'
import { DataGenSource, DiscardSink } from 'millrace/connectors'

const tickMs = 10

/** A field of the module: it would live as long as the thread that imported it. */
let openCount = 0

const shared = globalThis as { millraceTestOpenCount?: number }

/**
 * Leaves a field, a global variable, a timer and a promise behind, and says in a file what each
 * attempt finds of them. The first attempt throws once its timer and its promise have run.
 */
class Litter implements MapFunction<number, number> {
  readonly #file: string
  readonly #alive = new Set<string>()
  #attempt = 0
  #ownOpenCount = 0

  constructor(file: string) {
    this.#file = file
  }

  open(context: RuntimeContext): void {
    this.#attempt = context.attemptNumber
    const globalCount = shared.millraceTestOpenCount ?? 0
    this.#say(`opened ${this.#ownOpenCount} ${openCount} ${globalCount}`)
    this.#ownOpenCount++
    openCount++
    shared.millraceTestOpenCount = globalCount + 1
    setInterval(() => this.#live('timer'), tickMs)
    void this.#promise()
  }

  map(value: number): number {
    if (this.#attempt === 0 && this.#alive.size === 2) throw new Error('The first attempt fails')
    return value
  }

  async #promise(): Promise<never> {
    for (;;) {
      await delay(tickMs)
      this.#live('promise')
    }
  }

  #live(what: string): void {
    this.#alive.add(what)
    this.#say(what)
  }

  #say(text: string): void {
    appendFileSync(this.#file, `${this.#attempt} ${text}\n`)
  }
}

export default defineJob('left-behind', (env, args) => {
  const source = new DataGenSource((index) => index, { recordsPerSecond: 1000 })
  env
    .fromSource(source, { name: 'numbers' })
    .map(new Litter(args['file'] ?? 'left-behind.log'), { name: 'litter' })
    .sinkTo(new DiscardSink(), { name: 'nowhere' })
})
