import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { MillraceError } from '@millrace/core'
import type { ConfigEntry } from '@millrace/core/config'

/**
 * The settings of a YAML file: flat keys and nested maps may be mixed; a list stands for its items
 * separated by `;`. Rejects with FILE_NOT_FOUND or CONFIG_FILE_INVALID naming the line.
 */
export async function readConfigurationFile(path: string): Promise<readonly ConfigEntry[]> {
  return parseConfigurationFile(readText(path), basename(path))
}

/** The same from text; `name` is what origins and messages call the file. */
export async function parseConfigurationFile(
  text: string,
  name: string,
): Promise<readonly ConfigEntry[]> {
  const { isMap, isScalar, isSeq, LineCounter, parseDocument } = await import('yaml')
  const lineCounter = new LineCounter()
  // Values stay the text they were written as: `1_000` or `0x10` mean nothing special here.
  const document = parseDocument(text, { lineCounter, schema: 'failsafe' })
  const problem = document.errors[0]
  if (problem !== undefined) {
    const line = problem.linePos?.[0].line ?? 1
    throw invalid(name, line, problem.message.split('\n')[0] ?? 'it is no YAML')
  }
  const entries: ConfigEntry[] = []
  const visit = (node: unknown, path: readonly string[], parentLine: number): void => {
    const line = lineOf(node) ?? parentLine
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? String(key.value) : String(key)
        visit(value, [...path, name], lineOf(key) ?? line)
      }
    } else if (path.length === 0) {
      if (node !== null) throw invalid(name, line, 'it is no map of keys and values')
    } else if (isScalar(node) && node.value !== '') {
      entries.push({ key: path.join('.'), value: String(node.value), origin: `${name}:${line}` })
    } else if (isSeq(node) && node.items.every((item) => isScalar(item))) {
      const value = node.items.map((item) => String(item.value)).join(';')
      entries.push({ key: path.join('.'), value, origin: `${name}:${line}` })
    } else {
      throw invalid(name, line, `${path.join('.')} has no value`)
    }
  }
  const lineOf = (node: unknown): number | undefined => {
    const hasRange = typeof node === 'object' && node !== null && 'range' in node
    const range = hasRange ? (node.range as readonly number[] | null | undefined) : undefined
    return range?.[0] === undefined ? undefined : lineCounter.linePos(range[0]).line
  }
  visit(document.contents, [], 1)
  return entries
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new MillraceError(
      'FILE_NOT_FOUND',
      `The configuration file ${path} cannot be read: ` +
        `${cause instanceof Error ? cause.message : String(cause)}. It is named by --config or ` +
        'MILLRACE_CONFIG_FILE.',
      { cause, blame: 'user', disposition: 'reject-request', details: { path } },
    )
  }
}

function invalid(name: string, line: number, problem: string): MillraceError {
  return new MillraceError(
    'CONFIG_FILE_INVALID',
    `The configuration file is wrong at ${name}:${line}: ${problem}. It holds a key and a value ` +
      `a line, such as 'heartbeat.timeout: 5 s', or nested maps.`,
    { blame: 'user', disposition: 'reject-request', details: { file: name, line } },
  )
}
