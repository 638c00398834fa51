/** Keys are dealt into this many groups, whatever the parallelism. */
export const keyGroupCount = 32_768

/** Key groups `start` up to, but without, `end`. */
export interface KeyGroupRange {
  readonly start: number
  readonly end: number
}

/** Key group of a key's hash (`hashKey`): its upper 15 bits. */
export function keyGroupOf(hash: number): number {
  return hash >>> 17
}

/** The subtask that owns a key group: floor(keyGroup × parallelism / 32768). */
export function subtaskOfKeyGroup(keyGroup: number, parallelism: number): number {
  return (keyGroup * parallelism) >>> 15
}

/** The subtask that owns a key of this hash. */
export function subtaskOfHash(hash: number, parallelism: number): number {
  return ((hash >>> 17) * parallelism) >>> 15
}

/** Key groups of one subtask: those that `subtaskOfKeyGroup` maps to it. */
export function keyGroupRange(subtask: number, parallelism: number): KeyGroupRange {
  return {
    start: Math.ceil((subtask * keyGroupCount) / parallelism),
    end: Math.ceil(((subtask + 1) * keyGroupCount) / parallelism),
  }
}
