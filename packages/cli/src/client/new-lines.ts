/**
 * What a log got between two looks at its newest lines. Where nothing of the earlier look is left,
 * all lines are new, and some before them were missed.
 */
export function newLines(before: readonly string[], after: readonly string[]): readonly string[] {
  for (let start = 0; start < before.length; start++) {
    const common = before.length - start
    if (common > after.length) continue
    if (startsWith(after, before, start)) return after.slice(common)
  }
  return after
}

/** Whether `lines` begins with what stands in `before` from `start` on. */
function startsWith(lines: readonly string[], before: readonly string[], start: number): boolean {
  for (let index = start; index < before.length; index++) {
    if (lines[index - start] !== before[index]) return false
  }
  return true
}
