import { median } from './measurement.ts'

/** No lines where there are no rows. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  if (rows.length === 0) return []
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)]
}

export function withNote(lines: readonly string[], note: string): readonly string[] {
  return lines.length === 0 ? [] : [note, '', ...lines]
}

/** The median, with all values in brackets. */
export function spread(values: readonly number[], digits: number, unit: string): string {
  if (values.length === 0) return '–'
  const all = values.map((value) => value.toFixed(digits)).join(', ')
  return `${median(values).toFixed(digits)}${unit} [${all}]`
}

/** A dash where nothing was measured. */
export function number(value: number | undefined, digits: number): string {
  return value === undefined || Number.isNaN(value) ? '–' : value.toFixed(digits)
}
