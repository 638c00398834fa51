const chunkLength = 64 * 1024

/** Lines for stdout: no more are made than its reader takes. */
export class PacedOutput {
  #chunk = ''

  async line(text: string): Promise<void> {
    this.#chunk += `${text}\n`
    if (this.#chunk.length >= chunkLength) await this.flush()
  }

  /** After the last line. Resolves when the system has all of them. */
  async flush(): Promise<void> {
    const chunk = this.#chunk
    this.#chunk = ''
    if (chunk === '') return
    // A reader that has gone ends the process elsewhere (EPIPE).
    await new Promise<void>((resolve) => {
      process.stdout.write(chunk, () => resolve())
    })
  }
}
