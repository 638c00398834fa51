import {
  measureStates,
  type OperatorReader,
  type SavedOperator,
  type SavepointReader,
  type StateSize,
  sizeOfOperator,
} from '@millrace/state/inspect'
import { exitCodes } from '../exit-code.ts'
import { openSavepoint, savepointOptions } from '../inspect/savepoint-arguments.ts'
import { operatorStateKinds, ttlText, typesText } from '../inspect/state-text.ts'
import { formatBytes } from '../terminal/format.ts'
import { print, printJson } from '../terminal/output.ts'
import { renderTable } from '../terminal/table.ts'
import { type Command, defineCommand } from './command.ts'
import { outputOptions } from './output-arguments.ts'

export const command: Command = defineCommand(
  (yargs) =>
    savepointOptions(outputOptions(yargs)).option('exact', {
      type: 'boolean',
      default: false,
      describe: 'Count keys and entries of each state, which reads all of it',
    }),
  async (args) => {
    const savepoint = await openSavepoint(args)
    const listed = await listStates(savepoint, args.exact)
    if (args.json) printJson(listed)
    else if (listed.length === 0) print(`There is no state in ${args.savepoint}.`)
    else print(await tableOf(listed, args.exact))
    return exitCodes.success
  },
)

interface ListedState {
  readonly operator: string
  readonly operatorId: string
  /** Undefined of a coordinator. */
  readonly state?: string
  readonly kind: string
  readonly types?: readonly unknown[]
  readonly typesText: string
  readonly ttlMs?: number
  readonly ttlText: string
  readonly keyCount?: number
  readonly entryCount?: number
  readonly expiredCount?: number
  readonly sizeBytes?: number
}

async function listStates(
  savepoint: SavepointReader,
  isExact: boolean,
): Promise<readonly ListedState[]> {
  const listed: ListedState[] = []
  for (const operator of savepoint.operators) {
    const reader = savepoint.operator(operator.operatorId)
    const sizes = isExact ? await sizesOf(reader, operator) : undefined
    listed.push(...keyedStatesOf(operator, sizes))
    for (const state of operator.operatorStates) {
      const { name, mode } = state
      listed.push({
        ...of(operator),
        state: name,
        kind: operatorStateKinds[mode],
        ...(isExact ? { entryCount: await countOf(reader.readItems(state)) } : {}),
      })
    }
    if (operator.hasCoordinatorState) {
      const { coordinatorBytes: sizeBytes } = sizeOfOperator(savepoint.completed, operator)
      listed.push({ ...of(operator), kind: 'coordinator', sizeBytes })
    }
  }
  return listed
}

function keyedStatesOf(
  operator: SavedOperator,
  sizes: ReadonlyMap<string, StateSize> | undefined,
): readonly ListedState[] {
  return operator.keyedStates.map((state): ListedState => {
    const { name, kind, types, ttl } = state
    const size = sizes?.get(name)
    return {
      ...of(operator),
      ...{ state: name, kind, types, typesText: typesText(state), ttlText: ttlText(state) },
      ...(ttl === null ? {} : { ttlMs: ttl.ms }),
      ...(size === undefined ? {} : countsOf(size)),
    }
  })
}

function countsOf({
  keyCount,
  entryCount,
  expiredCount,
  sizeBytes,
}: StateSize): Partial<ListedState> {
  return { keyCount, entryCount, expiredCount, sizeBytes }
}

function of({ name, operatorId }: SavedOperator): {
  readonly operator: string
  readonly operatorId: string
  readonly typesText: string
  readonly ttlText: string
} {
  return { operator: name, operatorId, typesText: '', ttlText: '' }
}

async function sizesOf(
  reader: OperatorReader,
  { keyedStates }: SavedOperator,
): Promise<ReadonlyMap<string, StateSize>> {
  const options = { nowMs: Date.now(), largestMax: 0 }
  const sizes = await measureStates(keyedStates, reader.scan(undefined), options)
  return new Map(sizes.map((size) => [size.state.name, size]))
}

async function countOf(items: AsyncIterable<unknown>): Promise<number> {
  let count = 0
  for await (const _ of items) count++
  return count
}

function tableOf(listed: readonly ListedState[], isExact: boolean): Promise<string> {
  const head = ['operator', 'state', 'kind', 'types', 'ttl']
  const rows = listed.map((each) => {
    const { operator, state = '', kind, typesText: types, ttlText: ttl } = each
    const size = each.sizeBytes === undefined ? '' : formatBytes(each.sizeBytes)
    const counts = [each.keyCount, each.entryCount].map((count) => String(count ?? ''))
    return [operator, state, kind, types, ttl, ...(isExact ? counts : []), size]
  })
  return renderTable([...head, ...(isExact ? ['keys', 'entries'] : []), 'size'], rows)
}
