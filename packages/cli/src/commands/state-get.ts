import type { MillraceError } from '@millrace/core'
import type { OperatorReader, SavedEntry } from '@millrace/state/inspect'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import { entryJson } from '../inspect/entry-json.ts'
import { fromJsonValue, type JsonValue, toJsonValue } from '../inspect/json-value.ts'
import { openSavepoint, savepointOptions } from '../inspect/savepoint-arguments.ts'
import { valueText } from '../inspect/state-text.ts'
import { usageError } from '../terminal/failure-report.ts'
import { note, print, printJson } from '../terminal/output.ts'
import { type Command, defineCommand } from './command.ts'
import { outputOptions } from './output-arguments.ts'

export const command: Command = defineCommand(
  (yargs) =>
    savepointOptions(outputOptions(yargs))
      .positional('operator', {
        type: 'string',
        demandOption: true,
        describe: 'Name or id of an operator',
      })
      .positional('state', {
        type: 'string',
        demandOption: true,
        describe: 'Name of one of its states',
      })
      .positional('key', {
        type: 'string',
        demandOption: true,
        describe: 'Key as JSON: 5, \'"ann"\', \'["ann", 5]\', \'{"$bigint":"5"}\'',
      }),
  async (args) => {
    const key = keyOf(args.key)
    const savepoint = await openSavepoint(args)
    const reader = savepoint.operator(args.operator)
    const { operatorStates } = reader.operator
    const ofOperator = operatorStates.find(({ name }) => name === args.state)
    if (ofOperator !== undefined) {
      if (ofOperator.mode !== 'broadcast') throw hasNoKeys(args.state)
      return printBroadcast(reader, args.state, key)
    }
    const entries: SavedEntry[] = []
    for await (const { entry } of reader.entries([args.state], { key })) entries.push(entry)
    if (entries.length === 0) {
      const other = otherForm(key)
      if (other === undefined) return nothingOf(key, args.state)
      const { done } = await reader.entries([args.state], { key: other }).next()
      return nothingOf(key, args.state, done === true ? undefined : other)
    }
    const nowMs = Date.now()
    if (args.json) printJson(entries.map((entry) => entryJson(entry, nowMs)))
    else for (const entry of entries) print(entryText(entry))
    return exitCodes.success
  },
)

/** The value alone where that says all. */
function entryText(entry: SavedEntry): string {
  if (entry.kind === 'timer' || entry.kind === 'map' || entry.namespace !== undefined) {
    const { kind: _kind, key: _key, ...fields } = entryJson(entry, 0)
    return JSON.stringify(fields)
  }
  return JSON.stringify(toJsonValue(entry.value))
}

async function printBroadcast(
  reader: OperatorReader,
  state: string,
  key: unknown,
): Promise<ExitCode> {
  const wanted = JSON.stringify(toJsonValue(key))
  for await (const { value: item } of reader.readItems(
    reader.operatorState(state, ['broadcast']),
  )) {
    const [found, value] = item as readonly [unknown, unknown]
    if (JSON.stringify(toJsonValue(found)) !== wanted) continue
    print(JSON.stringify(toJsonValue(value)))
    return exitCodes.success
  }
  return nothingOf(key, state)
}

function nothingOf(key: unknown, state: string, meant?: unknown): ExitCode {
  const hint = meant === undefined ? '' : ` It has something for ${valueText(meant)}.`
  note(`State '${state}' has nothing for the key ${valueText(key)}.${hint}`)
  return exitCodes.nothingFound
}

/** A number that was written as a text, or the other way round: they are different keys. */
function otherForm(key: unknown): unknown {
  if (typeof key === 'number') return String(key)
  return typeof key === 'string' && String(Number(key)) === key ? Number(key) : undefined
}

function keyOf(text: string): unknown {
  let json: JsonValue
  try {
    json = JSON.parse(text) as JsonValue
  } catch {
    throw usageError(
      `The key ${text} is no JSON. A text stands in quotation marks, which the shell must leave ` +
        `in their place: '${JSON.stringify(text)}'.`,
    )
  }
  return fromJsonValue(json, 'The key')
}

function hasNoKeys(state: string): MillraceError {
  return usageError(
    `State '${state}' is a list of an operator and has no keys: \`millrace state export\` shows ` +
      'it.',
  )
}
