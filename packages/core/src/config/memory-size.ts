// Flink's syntax of memory sizes: a whole number and a unit of 1024, '32 kb', '64mb', '1 gb'.

const unitBytes: readonly (readonly [names: readonly string[], bytes: number])[] = [
  [['tb', 't', 'tebibytes'], 2 ** 40],
  [['gb', 'g', 'gibibytes'], 2 ** 30],
  [['mb', 'm', 'mebibytes'], 2 ** 20],
  [['kb', 'k', 'kibibytes'], 2 ** 10],
  [['b', 'bytes'], 1],
]

/** Bytes of a size as Flink writes it; no unit means bytes. undefined: it is none. */
export function parseMemorySizeBytes(text: string): number | undefined {
  const match = /^\s*(\d+)\s*([a-z]*)\s*$/i.exec(text)
  if (match === null) return undefined
  const unit = (match[2] ?? '').toLowerCase() || 'b'
  const bytes = unitBytes.find(([names]) => names.includes(unit))?.[1]
  if (bytes === undefined) return undefined
  const result = Number(match[1]) * bytes
  return Number.isSafeInteger(result) ? result : undefined
}

/** The shortest text that `parseMemorySizeBytes` reads as this many bytes. */
export function formatMemorySizeBytes(sizeBytes: number): string {
  for (const [names, bytes] of unitBytes) {
    if (sizeBytes !== 0 && sizeBytes % bytes === 0) return `${sizeBytes / bytes} ${names[0]}`
  }
  return `${sizeBytes} b`
}
