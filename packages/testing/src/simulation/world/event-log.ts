/**
 * Everything that happened, in order, as a hash: equal logs are equal runs. Lines are kept only
 * where they are asked for.
 */
export class EventLog {
  readonly #lines: string[] | undefined
  #high = 0x811c9dc5
  #low = 0x2f0b4f27
  #lineCount = 0

  constructor(keepsLines: boolean) {
    this.#lines = keepsLines ? [] : undefined
  }

  get lineCount(): number {
    return this.#lineCount
  }

  get keepsLines(): boolean {
    return this.#lines !== undefined
  }

  get lines(): readonly string[] {
    return this.#lines ?? []
  }

  /** 16 hexadecimal digits over all lines so far. */
  get hash(): string {
    return hex(this.#high) + hex(this.#low)
  }

  /** `detail` is for readers, and no part of the hash. */
  add(atMs: number, actor: string, text: string, detail?: () => string): void {
    this.#lineCount++
    const microseconds = Math.round(atMs * 1000)
    this.#mix(microseconds % 4294967296)
    for (let i = 0; i < actor.length; i++) this.#mix(actor.charCodeAt(i))
    for (let i = 0; i < text.length; i++) this.#mix(text.charCodeAt(i))
    if (this.#lines === undefined) return
    const time = (microseconds / 1000).toFixed(3).padStart(12)
    const more = detail === undefined ? '' : ` ${detail()}`
    this.#lines.push(`${time} ${actor.padEnd(22)} ${text}${more}`)
  }

  #mix(value: number): void {
    this.#high = Math.imul(this.#high ^ value, 0x01000193)
    this.#low = Math.imul(this.#low ^ (value + (this.#high >>> 15)), 0x85ebca6b)
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}
