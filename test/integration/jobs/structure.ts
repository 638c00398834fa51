import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { CollectSink, defineJob, type MapFunction, type RuntimeContext } from 'millrace'

/** Writes down its life, for the test to read. */
class Diary implements MapFunction<number, string> {
  #context!: RuntimeContext
  #count = 0
  #state = 'made'

  async open(context: RuntimeContext): Promise<void> {
    this.#context = context
    await Promise.resolve()
    this.#state = 'open'
    this.#note('open')
  }

  map(value: number): string {
    this.#count++
    const { operatorName, subtaskIndex, parallelism, attemptNumber } = this.#context
    return `${this.#state} ${operatorName} ${subtaskIndex}/${parallelism} ${attemptNumber} ${value}`
  }

  async close(): Promise<void> {
    await Promise.resolve()
    this.#note(`close after ${this.#count}`)
  }

  #note(what: string): void {
    const { args, operatorName, subtaskIndex } = this.#context
    appendFileSync(join(args['folder'] ?? '', `${operatorName}-${subtaskIndex}`), `${what}\n`)
  }
}

/**
 * Operators of several parallelisms, chained as they are told, in two slot-sharing groups, with a
 * function that has a life.
 */
export default defineJob('structure', (env) => {
  const increment = (value: number): number => value + 1
  const numbers = env.fromSequence(1, 100).setParallelism(2).name('numbers')
  numbers
    .map(increment)
    .name('chained')
    .setParallelism(2)
    .map(increment)
    .name('alone')
    .setParallelism(2)
    .disableChaining()
    .map(increment)
    .uid('after-alone')
    .setParallelism(2)
    .map(increment, { name: 'head', parallelism: 2, chaining: 'head' })
    .map(increment, { name: 'after-head', parallelism: 2 })
    .map(new Diary(), { name: 'diary', parallelism: 3 })
    .sinkTo(new CollectSink(), { name: 'end', parallelism: 3 })
  numbers
    .map(increment, { name: 'elsewhere', parallelism: 1, slotSharingGroup: 'second' })
    .sinkTo(new CollectSink(), { name: 'second-end', parallelism: 1 })
})
