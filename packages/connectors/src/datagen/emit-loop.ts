import type { ReaderOutput } from '@millrace/api'

/** Emits `generate(next)`, `generate(next + stride)`, …, `count` records. */
export type EmitLoop<T> = (
  generate: (index: number) => T,
  output: ReaderOutput<T>,
  next: number,
  stride: number,
  count: number,
) => void

const text = `
  let index = next
  for (let i = 0; i < count; i++) {
    output.collect(generate(index))
    index += stride
  }
`

let loopCount = 0

/**
 * A loop of its own for each reader: one that all readers of a thread shared would see many
 * generators and outputs, and V8 would call each of them through a lookup instead of inlining it.
 */
export function generateEmitLoop<T>(): EmitLoop<T> {
  loopCount += 1
  // Text that differs, because V8 shares the code of equal texts.
  const body = `// loop ${loopCount}\n${text}`
  return new Function('generate', 'output', 'next', 'stride', 'count', body) as EmitLoop<T>
}
