import assert from 'node:assert/strict'
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** How many records the slowest subtask lets say that were done; 0 where none said anything. */
export function positionOf(out: string): number {
  const files = namesOf(out).filter((name) => name.startsWith('progress-'))
  const positions = files.map((name) => Number(readFileSync(join(out, name), 'utf8')))
  return positions.length === 0 ? 0 : Math.min(...positions)
}

/** Bytes of the files below a directory, of which some may be going while they are counted. */
export function diskBytes(directory: string): number {
  let sum = 0
  for (const name of namesOf(directory, true)) {
    const stat = statSync(join(directory, name), { throwIfNoEntry: false })
    if (stat?.isFile()) sum += stat.size
  }
  return sum
}

/** How many of the keys are in the files; throws where one is there twice, or is none. */
export async function countVerified(directory: string, keyCount: number): Promise<number> {
  const seen = new Uint8Array(Math.ceil(keyCount / 8))
  let count = 0
  const add = (key: number): void => {
    assert.ok(Number.isInteger(key) && key >= 0 && key < keyCount, `${key} is no key`)
    const [index, bit] = [key >>> 3, 1 << (key & 7)]
    assert.equal((seen[index] as number) & bit, 0, `Key ${key} is there twice`)
    seen[index] = (seen[index] as number) | bit
    count++
  }
  for (const name of namesOf(directory, true)) {
    const path = join(directory, name)
    if (!statSync(path).isFile()) continue
    assert.match(name, /^part-|\/part-/, `${path} is not committed`)
    let rest = ''
    for await (const chunk of createReadStream(path, 'utf8')) {
      const lines = `${rest}${chunk as string}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) add(line === '' ? -1 : Number(line))
    }
    assert.equal(rest, '', `${path} does not end with a line`)
  }
  return count
}

function namesOf(directory: string, recursive = false): readonly string[] {
  try {
    return readdirSync(directory, { recursive, encoding: 'utf8' })
  } catch {
    return []
  }
}
