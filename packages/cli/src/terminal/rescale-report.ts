import { unreachable } from '@millrace/core'
import type { RescaleDetails } from '@millrace/rpc'
import { formatQuantity, formatTime } from './format.ts'

/** What is being done, for who waits for it; '' where there is nothing to say. */
export function rescaleProgress(rescale: RescaleDetails): string {
  const { state, missingSlotCount } = rescale
  switch (state) {
    case 'waiting-for-slots':
      return missingSlotCount === 0 ? '' : `waiting for ${formatQuantity(missingSlotCount, 'slot')}`
    case 'checkpointing':
      return 'taking a checkpoint'
    case 'stopping':
      return 'stopping its tasks'
    case 'starting':
      return 'starting its tasks'
    case 'completed':
    case 'failed':
      return ''
    default:
      return unreachable(state)
  }
}

/** The line of `millrace status`. */
export function describeRescale(rescale: RescaleDetails): string {
  const { cause, fromParallelism, toParallelism, beganAtMs, state, gapMs, failure } = rescale
  const what = `parallelism ${fromParallelism} → ${toParallelism}`
  const why = {
    requested: '',
    'slots-missing': ', because slots were missing',
    'slots-returned': ', when slots return',
  }[cause]
  const when = `${what} at ${formatTime(beganAtMs)}${why}`
  if (failure !== undefined) return `${when}: failed, ${failure.code}: ${failure.message}`
  if (state === 'completed') return `${when}: done, tasks stood still for ${gapText(gapMs)}`
  return `${when}: ${rescaleProgress(rescale) || state}`
}

export function gapText(gapMs: number | undefined): string {
  return `${Math.round(gapMs ?? 0)} ms`
}
