import type { TextOutput } from '../sink/print-sink.ts'

/** The standard output of the process, also from a worker thread; a slow reader blocks it. */
class StandardOutput implements TextOutput {
  #drained: Promise<void> | undefined = undefined

  write(text: string): void {
    if (process.stdout.write(text)) return
    this.#drained ??= new Promise((resolve) => {
      process.stdout.once('drain', () => {
        this.#drained = undefined
        resolve()
      })
    })
  }

  blocked(): Promise<void> | undefined {
    return this.#drained
  }
}

export const standardOutput: TextOutput = new StandardOutput()
