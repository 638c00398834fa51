import type { SavedOperator, SavepointReader } from '@millrace/state/inspect'
import { exitCodes } from '../exit-code.ts'
import { entryJson } from '../inspect/entry-json.ts'
import { toJsonValue } from '../inspect/json-value.ts'
import { PacedOutput } from '../inspect/paced-output.ts'
import {
  crcOnly,
  openSavepoint,
  savepointOptions,
  verifyIfAsked,
  verifyOption,
} from '../inspect/savepoint-arguments.ts'
import { operatorStateKinds } from '../inspect/state-text.ts'
import { note } from '../terminal/output.ts'
import { type Command, defineCommand } from './command.ts'

export const command: Command = defineCommand(
  (yargs) =>
    verifyOption(savepointOptions(yargs))
      .positional('operator', {
        type: 'string',
        describe: 'Name or id of an operator; without it, all of them',
      })
      .positional('state', {
        type: 'string',
        describe: 'Name of one of its states; without it, all of them but timers',
      })
      .option('timers', {
        type: 'boolean',
        default: false,
        describe: 'Timers too',
      })
      .option('without-expired', {
        type: 'boolean',
        default: false,
        describe: 'Leave out what has outlived its time to live',
      }),
  async (args) => {
    const savepoint = await openSavepoint(args)
    await verifyIfAsked(savepoint, args)
    const operators =
      args.operator === undefined
        ? savepoint.operators
        : [savepoint.operator(args.operator).operator]
    const output = new PacedOutput()
    for (const operator of operators) await exportOperator(savepoint, operator, args, output)
    await output.flush()
    if (!args.verify) note(crcOnly)
    return exitCodes.success
  },
)

interface ExportArguments {
  readonly state: string | undefined
  readonly timers: boolean
  readonly withoutExpired: boolean
}

async function exportOperator(
  savepoint: SavepointReader,
  operator: SavedOperator,
  { state: asked, timers, withoutExpired }: ExportArguments,
  output: PacedOutput,
): Promise<void> {
  const { name, operatorId } = operator
  const reader = savepoint.operator(operatorId)
  const isKeyed = operator.keyedStates.some((state) => state.name === asked)
  const isOfOperator = operator.operatorStates.some((state) => state.name === asked)
  // It tells what there is.
  if (asked !== undefined && !isKeyed && !isOfOperator) reader.keyedState(asked)
  const keyed = operator.keyedStates.filter(({ name: each, kind }) => {
    return asked === undefined ? timers || kind !== 'timer' : each === asked
  })
  const names = keyed.map((state) => state.name)
  const nowMs = Date.now()
  const expired = withoutExpired ? 'exclude' : 'include'
  for await (const { state, entry } of reader.entries(names, { expired })) {
    const fields = { operator: name, state: state.name, ...entryJson(entry, nowMs) }
    await output.line(JSON.stringify(fields))
  }
  for (const state of operator.operatorStates) {
    if (asked !== undefined && asked !== state.name) continue
    for await (const { subtask, value } of reader.readItems(state)) {
      const place = { operator: name, state: state.name, kind: operatorStateKinds[state.mode] }
      const [mapKey, own] = state.mode === 'broadcast' ? (value as [unknown, unknown]) : []
      const fields =
        state.mode === 'broadcast'
          ? { mapKey: toJsonValue(mapKey), value: toJsonValue(own) }
          : { subtask, value: toJsonValue(value) }
      await output.line(JSON.stringify({ ...place, ...fields }))
    }
  }
}
