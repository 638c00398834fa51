import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { accountCount, orderAt, type Total } from '../exactly-once.ts'

/** What the files of exactly-once.ts hold, held against a plain loop over the same orders. */
export interface TotalsCheck {
  readonly lineCount: number
  /** All that was spent, in cents: by the last total of each account, and by the plain loop. */
  readonly spent: number
  readonly spentByModel: number
  readonly findings: readonly Finding[]
}

export interface Finding {
  /** What was looked at, as a sentence that is true where there are no problems. */
  readonly claim: string
  readonly problemCount: number
  /** The first few. */
  readonly problems: readonly string[]
}

const problemsShown = 3

/** Reads all finished files in a folder, which must hold the totals of the orders 0 … count − 1. */
export function checkTotals(folder: string, count: number): TotalsCheck {
  const lines = readLines(folder)
  const timesOfOrder = new Map<number, number>()
  for (const { order } of lines) timesOfOrder.set(order, (timesOfOrder.get(order) ?? 0) + 1)
  const orders = Array.from({ length: count }, (_, order) => order)
  const foreign = [...timesOfOrder.keys()].filter((order) => !(order >= 0 && order < count))
  const accounts = lastTotals(lines)
  const model = modelTotals(count)
  const sum = (totals: ReadonlyMap<number, number>): number =>
    [...totals.values()].reduce((all, total) => all + total, 0)
  return {
    lineCount: lines.length,
    spent: sum(accounts),
    spentByModel: sum(model),
    findings: [
      finding(
        'no order is lost',
        orders.filter((order) => !timesOfOrder.has(order)).map((order) => `order ${order}`),
      ),
      finding(
        'no order is there twice, and none that was never made',
        [...timesOfOrder].filter(([, times]) => times > 1).map(([order]) => `order ${order}`),
        foreign.map((order) => `order ${order} was never made`),
      ),
      finding('each total is the one before it in its account, and its order', wrongSteps(lines)),
      finding(
        `the last total of each of ${model.size} accounts is that of a plain loop`,
        [...new Set([...model.keys(), ...accounts.keys()])]
          .filter((account) => accounts.get(account) !== model.get(account))
          .map((account) => {
            const [found, wanted] = [accounts.get(account), model.get(account)]
            return `account ${account}: ${found ?? 'no total'} instead of ${wanted ?? 'none'}`
          }),
      ),
    ],
  }
}

export function isExact({ findings, spent, spentByModel }: TotalsCheck): boolean {
  return spent === spentByModel && findings.every(({ problemCount }) => problemCount === 0)
}

function finding(claim: string, ...lists: readonly (readonly string[])[]): Finding {
  const problems = lists.flat()
  return { claim, problemCount: problems.length, problems: problems.slice(0, problemsShown) }
}

function readLines(folder: string): readonly Total[] {
  return globSync(join(folder, 'part-*'))
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Total)
}

/** The same question answered without any engine: one loop, one table. */
function modelTotals(count: number): ReadonlyMap<number, number> {
  const totals = new Map<number, number>()
  for (let index = 0; index < count; index++) {
    const { account, cents } = orderAt(index)
    totals.set(account, (totals.get(account) ?? 0) + cents)
  }
  return totals
}

/** Totals only grow: the last one is the highest. */
function lastTotals(lines: readonly Total[]): ReadonlyMap<number, number> {
  const totals = new Map<number, number>()
  for (const { account, total } of lines) {
    totals.set(account, Math.max(totals.get(account) ?? 0, total))
  }
  return totals
}

/**
 * An account's orders may come from several splits, in any order: what has to hold, in whatever
 * order it was, is that each total is the next lower one of its account and its own order.
 */
function wrongSteps(lines: readonly Total[]): readonly string[] {
  const before = new Float64Array(accountCount)
  return [...lines]
    .sort((left, right) => left.total - right.total)
    .filter(({ order, account, total }) => {
      const wanted = (before[account] ?? Number.NaN) + orderAt(order).cents
      before[account] = total
      return total !== wanted || account !== orderAt(order).account
    })
    .map(({ order, account, total }) => `order ${order}: account ${account}, total ${total}`)
}
