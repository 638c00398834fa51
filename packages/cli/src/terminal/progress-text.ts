import type { JobStatus } from '@millrace/core'
import { colors } from './colors.ts'
import { formatCount, formatElapsed, formatQuantity } from './format.ts'
import type { JobProgressView, VertexProgress } from './job-progress.ts'

/** A job as a block of lines that fits a terminal of so many columns and rows. */
export function progressBlock(
  view: JobProgressView,
  size: { readonly columns: number; readonly rows: number },
): readonly string[] {
  const head = [
    colored(view.status),
    colors.bold(view.name),
    formatElapsed(view.elapsedMs),
    ...(view.restartCount > 0 ? [colors.yellow(formatQuantity(view.restartCount, 'restart'))] : []),
    ...(view.waitingFor === '' ? [] : [colors.yellow(view.waitingFor)]),
    colors.dim(view.jobId),
  ].join('  ')
  const shown = view.vertices.slice(0, Math.max(1, size.rows - 4))
  const hidden = view.vertices.length - shown.length
  const nameWidth = Math.min(
    Math.max(6, ...shown.map(({ name }) => name.length)),
    Math.max(12, size.columns - 66),
  )
  const title = row(nameWidth, ['vertex', 'state', 'in/s', 'out/s', 'busy', 'backpressure'])
  const rows = shown.map((vertex) => row(nameWidth, vertexCells(vertex)))
  const more = hidden > 0 ? [colors.dim(`  … and ${hidden} more`)] : []
  return [head, colors.dim(title), ...rows, ...more]
}

/** The same as one line, for where lines cannot be drawn again. */
export function progressLine(view: JobProgressView): string {
  const vertices = view.vertices.map((vertex) => {
    const rate =
      vertex.recordsOutPerSecond > 0 ? vertex.recordsOutPerSecond : vertex.recordsInPerSecond
    const pressure = Math.round(vertex.backPressured * 100)
    return [
      `${vertex.name} ${stateText(vertex)}`,
      ...(rate > 0 ? [`${formatCount(rate)}/s`] : []),
      ...(pressure > 0 ? [`backpressure ${pressure} %`] : []),
    ].join(' ')
  })
  return [
    `${view.status} ${view.name} after ${formatElapsed(view.elapsedMs)}`,
    ...(view.waitingFor === '' ? [] : [view.waitingFor]),
    ...vertices,
  ].join('; ')
}

/** What must differ for a new line to be worth printing at once. */
export function progressKey(view: JobProgressView): string {
  const states = view.vertices.map((vertex) => stateText(vertex))
  return [view.status, view.restartCount, view.waitingFor.replaceAll(/\d+/g, ''), ...states].join()
}

/** How many records a job read and how often it restarted, to follow how long it took. */
export function sourceCounts({ vertices, restartCount }: JobProgressView): string {
  const sources = vertices.filter(({ isSource }) => isSource)
  const records = sources.reduce((sum, { recordsIn }) => sum + recordsIn, 0)
  const read = records > 0 ? `, ${formatCount(records)} records from its sources` : ''
  if (restartCount === 0) return read
  // A source that starts again counts anew: these are not all records of the job.
  const since = records > 0 ? ' since they last started' : ''
  return `${read}${since}, ${formatQuantity(restartCount, 'restart')}`
}

export function colored(status: JobStatus): string {
  if (status === 'RUNNING' || status === 'FINISHED') return colors.green(status)
  if (status === 'FAILED' || status === 'FAILING') return colors.red(status)
  return colors.yellow(status)
}

export function stateText({ states }: VertexProgress): string {
  return states.map(([state, count]) => `${count} ${state}`).join(', ')
}

function vertexCells(vertex: VertexProgress): readonly string[] {
  const percent = (share: number): string => `${Math.round(share * 100)} %`
  return [
    vertex.name,
    stateText(vertex),
    formatCount(vertex.recordsInPerSecond),
    formatCount(vertex.recordsOutPerSecond),
    percent(vertex.busy),
    percent(vertex.backPressured),
  ]
}

function row(nameWidth: number, cells: readonly string[]): string {
  const [name = '', state = '', ...numbers] = cells
  const shortName = name.length > nameWidth ? `${name.slice(0, nameWidth - 1)}…` : name
  const shortState = state.length > 22 ? `${state.slice(0, 21)}…` : state
  const rest = numbers.map((cell, index) => cell.padStart(index < 2 ? 8 : index === 2 ? 6 : 13))
  return `  ${shortName.padEnd(nameWidth)} ${shortState.padEnd(22)}${rest.join('')}`
}
