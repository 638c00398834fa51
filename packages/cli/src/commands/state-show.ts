import {
  measureStates,
  type SavepointReader,
  type StateSize,
  sizeOfOperator,
} from '@millrace/state/inspect'
import { exitCodes } from '../exit-code.ts'
import { toJsonValue } from '../inspect/json-value.ts'
import {
  crcOnly,
  openSavepoint,
  savepointOptions,
  verifyIfAsked,
  verifyOption,
} from '../inspect/savepoint-arguments.ts'
import { valueText } from '../inspect/state-text.ts'
import { usageError } from '../terminal/failure-report.ts'
import { formatBytes, formatElapsed, formatQuantity, formatTime } from '../terminal/format.ts'
import { note, print, printJson } from '../terminal/output.ts'
import { renderTable } from '../terminal/table.ts'
import { type Command, defineCommand } from './command.ts'
import { outputOptions } from './output-arguments.ts'

export const command: Command = defineCommand(
  (yargs) =>
    verifyOption(savepointOptions(outputOptions(yargs))).option('largest', {
      type: 'number',
      default: 5,
      requiresArg: true,
      describe: 'So many of the largest keys of each state',
    }),
  async (args) => {
    const { largest: largestMax } = args
    if (!Number.isSafeInteger(largestMax) || largestMax < 0 || largestMax > 1000) {
      throw usageError('--largest takes a number from 0 to 1000.')
    }
    const savepoint = await openSavepoint(args)
    await verifyIfAsked(savepoint, args)
    const operators = await measureOperators(savepoint, largestMax)
    const inFlight = inFlightOf(savepoint)
    if (args.json) {
      printJson({
        ...savepoint.metadata,
        location: args.savepoint,
        inFlight,
        operators: operators.map(operatorJson),
      })
      return exitCodes.success
    }
    printMetadata(savepoint, args.savepoint, inFlight)
    print(`\n${await operatorTable(operators)}`)
    const states = operators.flatMap(({ name, states: own }) =>
      own.map((size) => ({ operator: name, size })),
    )
    if (states.length > 0) print(`\n${await stateTable(states)}`)
    const largest = states.filter(({ size }) => size.largestKeys.length > 0)
    if (largest.length > 0) print(`\n${await largestTable(largest)}`)
    if (!args.verify) note(crcOnly)
    return exitCodes.success
  },
)

interface MeasuredOperator extends ReturnType<typeof sizeOfOperator> {
  readonly name: string
  readonly operatorId: string
  readonly parallelism: number
  readonly operatorStateCount: number
  readonly states: readonly StateSize[]
}

async function measureOperators(
  savepoint: SavepointReader,
  largestMax: number,
): Promise<readonly MeasuredOperator[]> {
  const measured: MeasuredOperator[] = []
  const nowMs = Date.now()
  for (const operator of savepoint.operators) {
    const { name, operatorId, parallelism, keyedStates, operatorStates } = operator
    const scan = savepoint.operator(operatorId).scan(undefined)
    measured.push({
      ...{ name, operatorId, parallelism, operatorStateCount: operatorStates.length },
      ...sizeOfOperator(savepoint.completed, operator),
      states: await measureStates(keyedStates, scan, { nowMs, largestMax }),
    })
  }
  return measured
}

function operatorJson({ states, ...operator }: MeasuredOperator): object {
  return {
    ...operator,
    states: states.map(({ state, largestKeys, ...size }) => ({
      ...state,
      ...size,
      largestKeys: largestKeys.map(({ key, ...rest }) => ({ key: toJsonValue(key), ...rest })),
    })),
  }
}

interface InFlight {
  readonly recordCount: number
  readonly sizeBytes: number
}

/** Records that an unaligned checkpoint holds because they were on their way. */
function inFlightOf({ completed }: SavepointReader): InFlight {
  const channels = completed.vertices.flatMap(({ subtasks }) =>
    subtasks.flatMap((subtask) => subtask.channels),
  )
  return {
    recordCount: channels.reduce((sum, { recordCount }) => sum + recordCount, 0),
    sizeBytes: channels.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  }
}

function printMetadata({ metadata }: SavepointReader, location: string, inFlight: InFlight): void {
  const { kind, jobId, jobName, checkpointId, triggeredAtMs, completedAtMs } = metadata
  const took = formatElapsed(completedAtMs - triggeredAtMs)
  const { recordCount, sizeBytes } = inFlight
  const records = formatQuantity(recordCount, 'record')
  print(`${kind.padEnd(10)}  ${location}`)
  print(`job         ${jobName} (${jobId})`)
  print(`taken       ${formatTime(triggeredAtMs)} as checkpoint ${checkpointId}, in ${took}`)
  print(`files       ${metadata.fileCount}, with ${formatBytes(metadata.sizeBytes)} of state`)
  if (recordCount > 0) print(`on the way  ${records}, ${formatBytes(sizeBytes)}`)
}

function operatorTable(operators: readonly MeasuredOperator[]): Promise<string> {
  const rows = operators.map((operator) => [
    operator.name,
    finishedText(operator),
    sizeText(operator.keyedBytes),
    operator.segmentCount === 0 ? '' : String(operator.segmentCount),
    sizeText(operator.operatorStateBytes),
    sizeText(operator.coordinatorBytes),
  ])
  const head = ['operator', 'parallelism', 'keyed', 'segments', 'operator state', 'coordinator']
  return renderTable(head, rows)
}

function finishedText({ parallelism, finishedCount }: MeasuredOperator): string {
  return finishedCount === 0 ? String(parallelism) : `${parallelism}, ${finishedCount} finished`
}

function sizeText(sizeBytes: number): string {
  return sizeBytes === 0 ? '' : formatBytes(sizeBytes)
}

interface MeasuredState {
  readonly operator: string
  readonly size: StateSize
}

function stateTable(states: readonly MeasuredState[]): Promise<string> {
  const rows = states.map(({ operator, size }) => [
    operator,
    size.state.name,
    size.state.kind,
    String(size.keyCount),
    String(size.entryCount),
    size.state.ttl === null ? '' : String(size.expiredCount),
    formatBytes(size.sizeBytes),
    medianText(size),
  ])
  const head = ['operator', 'state', 'kind', 'keys', 'entries', 'expired', 'size', 'half of keys']
  return renderTable(head, rows)
}

/** 'below 64 bytes': the power of two that the median key stays below. */
function medianText({ keyCount, sizes }: StateSize): string {
  let counted = 0
  for (const [bits, count] of sizes.entries()) {
    counted += count
    if (keyCount > 0 && 2 * counted >= keyCount) return `below ${formatBytes(2 ** bits)}`
  }
  return ''
}

function largestTable(states: readonly MeasuredState[]): Promise<string> {
  const rows = states.flatMap(({ operator, size: { state, largestKeys } }) =>
    largestKeys.map(({ key, entryCount, sizeBytes }) => [
      operator,
      state.name,
      valueText(key),
      String(entryCount),
      formatBytes(sizeBytes),
    ]),
  )
  return renderTable(['operator', 'state', 'largest keys', 'entries', 'size'], rows)
}
