import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CollectSink, defineJob, type MapFunction, type RuntimeContext } from 'millrace'
import { FileSource } from 'millrace/connectors'

class AddReader implements MapFunction<string, [subtask: number, line: string]> {
  #subtask = -1

  /** Nobody reads before all are there: a slow start would leave nothing for the last. */
  async open({ subtaskIndex, parallelism, args }: RuntimeContext): Promise<void> {
    this.#subtask = subtaskIndex
    const meeting = args['meeting'] ?? ''
    writeFileSync(join(meeting, String(subtaskIndex)), '')
    while (readdirSync(meeting).length < parallelism) await delay(5)
  }

  map(line: string): [subtask: number, line: string] {
    return [this.#subtask, line]
  }
}

/** The lines of a file, each with the number of the subtask that read it. */
export default defineJob('file-ranges', (env, args) => {
  const options = { splitSizeBytes: Number(args['splitSizeBytes']) }
  env
    .fromSource(FileSource.lines(args['file'] ?? '', options), { name: 'lines' })
    .map(new AddReader(), { name: 'add-reader' })
    .sinkTo(new CollectSink(), { name: 'numbered' })
})
