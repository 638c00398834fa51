/** A line of a command's result. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** A result for scripts: one line of JSON. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

/** What a person should know but a script should not read. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`)
}
