import type { JobArguments } from '@millrace/core'

/**
 * What follows `--`: `--name value` and `--name=value` by name, `--name` alone as 'true', the rest
 * by position as '0', '1', …. A name that comes twice keeps its last value.
 */
export function parseJobArguments(words: readonly string[]): JobArguments {
  const result: Record<string, string> = {}
  let position = 0
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    if (!/^--[^-=]/.test(word)) {
      result[String(position++)] = word
      continue
    }
    const equals = word.indexOf('=')
    if (equals > 0) {
      result[word.slice(2, equals)] = word.slice(equals + 1)
      continue
    }
    const next = words[index + 1]
    const hasValue = next !== undefined && !/^--[^-]/.test(next)
    result[word.slice(2)] = hasValue ? next : 'true'
    if (hasValue) index++
  }
  return result
}
