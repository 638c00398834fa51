// When a subtask takes part in a checkpoint, as far as its input channels decide it. Checkpoint n
// is announced to the task, by the JobMaster's trigger or by the first barrier n; it is performed
// once every channel has delivered barrier n or come to its end of data. One that is to overtake is
// performed at once: it is unaligned, and collected once every channel has.
//
// Invariants
//  - Each checkpoint is performed once, or given up, or aborted: one of these, nothing after it.
//  - Checkpoints are performed in the order of their ids.
//  - EXACTLY_ONCE: a channel that delivered barrier n gives nothing more until n is over. So where
//    n is performed, no record from behind its barrier on any channel was read.
//  - AT_LEAST_ONCE: no channel is ever blocked, and nothing overtakes.
//  - One that overtakes gives up those before it that are still aligned, and blocks nothing once it
//    is performed. It is collected then, unless another one that overtakes is performed before.
//  - A channel that delivered m without having delivered n < m never will deliver n: n is given up,
//    or not even begun.
//  - Barriers of what is over are ignored.

import { assert } from '@millrace/core'

export type AlignmentCommand =
  /** Read nothing more from this channel; what comes waits there. */
  | { readonly kind: 'block-channel'; readonly channel: number }
  | { readonly kind: 'unblock-channel'; readonly channel: number }
  /** Take the snapshot, then call `onPerformed`. */
  | { readonly kind: 'perform'; readonly checkpointId: number }
  /** Every barrier of one that was performed unaligned has come. */
  | { readonly kind: 'collected'; readonly checkpointId: number }
  /** A newer checkpoint came first: this one is not taken here. */
  | { readonly kind: 'give-up'; readonly checkpointId: number; readonly newerId: number }

interface AnnouncedCheckpoint {
  readonly checkpointId: number
  readonly delivered: Set<number>
  /** `perform` was said. */
  isComplete: boolean
  /** It does not wait for barriers. */
  isOvertaking: boolean
}

/** Late barriers of so many aborted checkpoints are told from those of new ones. */
const closedIdsMax = 256

export class BarrierAligner {
  readonly #isBlocking: boolean
  /** By channel. */
  readonly #hasEnded: boolean[]
  /** The barrier each channel delivered last; 0: none. */
  readonly #delivered: number[]
  /** The checkpoint each channel waits for; 0: none. */
  readonly #blockedBy: number[]
  /** The last barrier that overtook on each channel: rows up to it mean nothing any more. */
  readonly #overtaken: number[]
  /** Ascending. */
  #announced: AnnouncedCheckpoint[] = []
  /** Performed unaligned, while not all its barriers have come. */
  #collecting: AnnouncedCheckpoint | undefined
  /** Given up or aborted, above `#performedMax`. */
  readonly #closed = new Set<number>()
  #performedMax = 0

  constructor(channelCount: number, mode: 'EXACTLY_ONCE' | 'AT_LEAST_ONCE') {
    this.#isBlocking = mode === 'EXACTLY_ONCE'
    this.#hasEnded = new Array(channelCount).fill(false)
    this.#delivered = new Array(channelCount).fill(0)
    this.#blockedBy = new Array(channelCount).fill(0)
    this.#overtaken = new Array(channelCount).fill(0)
  }

  /** Checkpoints that are not over. */
  get announcedCount(): number {
    return this.#announced.length
  }

  isBlocked(channel: number): boolean {
    return this.#blockedBy[channel] !== 0
  }

  isOvertaking(checkpointId: number): boolean {
    return this.#announced.some(
      (announced) => announced.checkpointId === checkpointId && announced.isOvertaking,
    )
  }

  /** Whether barrier n has come over the channel, or its end. */
  hasDelivered(channel: number, checkpointId: number): boolean {
    if (this.#hasEnded[channel] === true) return true
    return (this.#delivered[channel] as number) >= checkpointId
  }

  isAnnounced(checkpointId: number): boolean {
    return this.#announced.some((announced) => announced.checkpointId === checkpointId)
  }

  /** The JobMaster has triggered it. */
  announce(checkpointId: number): readonly AlignmentCommand[] {
    const commands: AlignmentCommand[] = []
    this.#announce(checkpointId, commands)
    return [...commands, ...this.#completed()]
  }

  onBarrier(channel: number, checkpointId: number): readonly AlignmentCommand[] {
    assert(this.#hasEnded[channel] === false, `Barrier ${checkpointId} after the end of data`)
    assert(this.#blockedBy[channel] === 0, `Barrier ${checkpointId} came over a blocked channel`)
    if (checkpointId <= (this.#overtaken[channel] as number)) return []
    const commands: AlignmentCommand[] = []
    const announced = this.#deliver(channel, checkpointId, commands)
    if (announced === undefined) return [...commands, ...this.#collected()]
    if (this.#isBlocking && !announced.isOvertaking) {
      this.#blockedBy[channel] = checkpointId
      commands.push({ kind: 'block-channel', channel })
    }
    return [...commands, ...this.#completed()]
  }

  /** The barrier came before records that wait: as `overtake`, and the channel has delivered it. */
  onOvertakingBarrier(channel: number, checkpointId: number): readonly AlignmentCommand[] {
    if (this.#hasEnded[channel] === true) return []
    if (checkpointId <= (this.#delivered[channel] as number)) return []
    assert(this.#isBlocking, `Barrier ${checkpointId} overtook where nothing is aligned`)
    this.#overtaken[channel] = checkpointId
    const commands: AlignmentCommand[] = []
    const announced = this.#deliver(channel, checkpointId, commands)
    if (announced !== undefined) this.#overtake(announced, commands)
    return [...commands, ...this.#collected()]
  }

  /** It has been aligned for long enough: it is performed now, if it has not been. */
  overtake(checkpointId: number): readonly AlignmentCommand[] {
    const announced = this.#announced.find((other) => other.checkpointId === checkpointId)
    const commands: AlignmentCommand[] = []
    if (announced !== undefined) this.#overtake(announced, commands)
    return commands
  }

  /** Nothing more comes over this channel. */
  onEndOfData(channel: number): readonly AlignmentCommand[] {
    assert(this.#hasEnded[channel] === false, `Channel ${channel} ended twice`)
    assert(this.#blockedBy[channel] === 0, `Channel ${channel} ended while it was blocked`)
    this.#hasEnded[channel] = true
    return [...this.#completed(), ...this.#collected()]
  }

  /** The snapshot was taken: what `perform` asked for is done. */
  onPerformed(checkpointId: number): readonly AlignmentCommand[] {
    const [first] = this.#announced
    assert(first?.checkpointId === checkpointId, `Checkpoint ${checkpointId} has no turn`)
    assert(first.isComplete, `Checkpoint ${checkpointId} was performed before its barriers came`)
    this.#performedMax = checkpointId
    const commands: AlignmentCommand[] = []
    this.#close(first, commands)
    for (const closed of this.#closed) if (closed <= checkpointId) this.#closed.delete(closed)
    if (!first.isOvertaking) return commands
    this.#collecting = first
    return [...commands, ...this.#collected()]
  }

  /** The JobMaster has given it up. It is not performed, and what it blocked goes on. */
  abort(checkpointId: number): readonly AlignmentCommand[] {
    const announced = this.#announced.find((other) => other.checkpointId === checkpointId)
    const commands: AlignmentCommand[] = []
    if (announced !== undefined) this.#close(announced, commands)
    else this.#note(checkpointId)
    if (this.#collecting?.checkpointId === checkpointId) this.#collecting = undefined
    return commands
  }

  /** The checkpoint that the channel has delivered; undefined where it is over, or performed. */
  #deliver(
    channel: number,
    checkpointId: number,
    commands: AlignmentCommand[],
  ): AnnouncedCheckpoint | undefined {
    const last = this.#delivered[channel] as number
    assert(checkpointId > last, `Barrier ${checkpointId} came behind barrier ${last}`)
    this.#delivered[channel] = checkpointId
    for (const older of [...this.#announced]) {
      if (older.checkpointId >= checkpointId || older.isComplete) continue
      if (!older.delivered.has(channel)) this.#giveUp(older, checkpointId, commands)
    }
    if (this.#collecting?.checkpointId === checkpointId) {
      this.#collecting.delivered.add(channel)
      return undefined
    }
    const announced = this.#announce(checkpointId, commands)
    announced?.delivered.add(channel)
    return announced
  }

  #overtake(overtaking: AnnouncedCheckpoint, commands: AlignmentCommand[]): void {
    overtaking.isOvertaking = true
    if (overtaking.isComplete) return
    for (const older of [...this.#announced]) {
      if (older.checkpointId >= overtaking.checkpointId) break
      if (!older.isComplete) this.#giveUp(older, overtaking.checkpointId, commands)
    }
    overtaking.isComplete = true
    commands.push({ kind: 'perform', checkpointId: overtaking.checkpointId })
  }

  #giveUp(older: AnnouncedCheckpoint, newerId: number, commands: AlignmentCommand[]): void {
    this.#close(older, commands)
    commands.push({ kind: 'give-up', checkpointId: older.checkpointId, newerId })
  }

  /** The one that was performed unaligned, if its last barrier has come. */
  #collected(): readonly AlignmentCommand[] {
    const collecting = this.#collecting
    if (collecting === undefined || !this.#isDelivered(collecting)) return []
    this.#collecting = undefined
    return [{ kind: 'collected', checkpointId: collecting.checkpointId }]
  }

  #isDelivered({ delivered }: AnnouncedCheckpoint): boolean {
    return this.#hasEnded.every((has, channel) => has || delivered.has(channel))
  }

  /** The checkpoint, announced from here on; undefined where it is over. */
  #announce(checkpointId: number, commands: AlignmentCommand[]): AnnouncedCheckpoint | undefined {
    if (checkpointId <= this.#performedMax || this.#closed.has(checkpointId)) return undefined
    const after = this.#announced.findIndex((other) => other.checkpointId >= checkpointId)
    const at = after < 0 ? this.#announced.length : after
    const known = this.#announced[at]
    if (known?.checkpointId === checkpointId) return known
    const newerId = this.#delivered.find((delivered) => delivered > checkpointId)
    if (newerId !== undefined) {
      this.#note(checkpointId)
      commands.push({ kind: 'give-up', checkpointId, newerId })
      return undefined
    }
    const announced: AnnouncedCheckpoint = {
      checkpointId,
      delivered: new Set(),
      isComplete: false,
      isOvertaking: false,
    }
    this.#announced.splice(at, 0, announced)
    return announced
  }

  /** Those that every channel has now delivered. */
  #completed(): readonly AlignmentCommand[] {
    const commands: AlignmentCommand[] = []
    for (const announced of this.#announced) {
      if (announced.isComplete) continue
      if (!this.#isDelivered(announced)) break
      announced.isComplete = true
      commands.push({ kind: 'perform', checkpointId: announced.checkpointId })
    }
    return commands
  }

  #close(closed: AnnouncedCheckpoint, commands: AlignmentCommand[]): void {
    const { checkpointId } = closed
    this.#announced = this.#announced.filter((announced) => announced !== closed)
    this.#note(checkpointId)
    this.#blockedBy.forEach((blockedBy, channel) => {
      if (blockedBy !== checkpointId) return
      this.#blockedBy[channel] = 0
      commands.push({ kind: 'unblock-channel', channel })
    })
  }

  /** It is over. */
  #note(checkpointId: number): void {
    if (checkpointId > this.#performedMax) this.#closed.add(checkpointId)
    if (this.#closed.size > closedIdsMax) this.#closed.delete(Math.min(...this.#closed))
  }
}
