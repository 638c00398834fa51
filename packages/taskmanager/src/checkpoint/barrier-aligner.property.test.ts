import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BarrierAligner } from './barrier-aligner.ts'

// The model: each channel is a list of barriers with a record before each, ended by an end of data.
// Whatever the order in which channels are read, triggers and abortions come and snapshots are
// taken: a snapshot of n has, of every channel, exactly what stands before its barrier n (EXACTLY_
// ONCE) or at least that (AT_LEAST_ONCE), and at the end nothing is blocked.

interface Channel {
  /** Ids in order; some producers never sent some of them. */
  readonly barriers: readonly number[]
  read: number
  isBlocked: boolean
}

const checkpointsMax = 6
const scenario = fc.record({
  mode: fc.constantFrom('EXACTLY_ONCE', 'AT_LEAST_ONCE'),
  channels: fc.array(fc.subarray(ids(), { minLength: 0 }), { maxLength: 4 }),
  choices: fc.array(fc.nat(1000), { minLength: 20, maxLength: 120 }),
})

function ids(): number[] {
  return Array.from({ length: checkpointsMax }, (_, index) => index + 1)
}

class Run {
  readonly aligner: BarrierAligner
  readonly channels: Channel[]
  readonly isBlocking: boolean
  readonly toPerform: number[] = []
  readonly performed: number[] = []
  readonly over = new Set<number>()
  triggered = 0

  constructor(barriers: readonly (readonly number[])[], mode: 'EXACTLY_ONCE' | 'AT_LEAST_ONCE') {
    this.aligner = new BarrierAligner(barriers.length, mode)
    this.isBlocking = mode === 'EXACTLY_ONCE'
    this.channels = barriers.map((all) => ({ barriers: all, read: 0, isBlocked: false }))
  }

  obey(commands: ReturnType<BarrierAligner['announce']>): void {
    for (const command of commands) {
      if (command.kind === 'perform') this.toPerform.push(command.checkpointId)
      else if (command.kind === 'give-up') this.end(command.checkpointId)
      else if (command.kind === 'collected') assert.fail('nothing overtakes')
      else {
        const channel = this.channels[command.channel] as Channel
        assert.notEqual(channel.isBlocked, command.kind === 'block-channel')
        assert.ok(this.isBlocking)
        channel.isBlocked = command.kind === 'block-channel'
      }
    }
  }

  end(checkpointId: number): void {
    assert.ok(!this.over.has(checkpointId), `${checkpointId} was over`)
    this.over.add(checkpointId)
  }

  /** Reads the next of a channel; false where there is nothing to read. */
  read(index: number): boolean {
    const channel = this.channels[index] as Channel
    if (channel.isBlocked || channel.read > channel.barriers.length) return false
    const barrier = channel.barriers[channel.read++]
    if (barrier === undefined) this.obey(this.aligner.onEndOfData(index))
    else this.obey(this.aligner.onBarrier(index, barrier))
    return true
  }

  perform(): boolean {
    const checkpointId = this.toPerform.shift()
    if (checkpointId === undefined) return false
    assert.ok(checkpointId > (this.performed.at(-1) ?? 0), 'in the order of ids')
    for (const { barriers, read } of this.channels) {
      const position = barriers.indexOf(checkpointId)
      const due = position < 0 ? barriers.length + 1 : position + 1
      if (this.isBlocking) assert.equal(read, due)
      else assert.ok(read >= due)
    }
    this.end(checkpointId)
    this.performed.push(checkpointId)
    this.obey(this.aligner.onPerformed(checkpointId))
    return true
  }

  trigger(): boolean {
    if (this.triggered === checkpointsMax) return false
    this.obey(this.aligner.announce(++this.triggered))
    return true
  }

  abort(checkpointId: number): void {
    const index = this.toPerform.indexOf(checkpointId)
    if (index >= 0) this.toPerform.splice(index, 1)
    const wasOver = this.over.has(checkpointId)
    this.obey(this.aligner.abort(checkpointId))
    if (!wasOver) this.end(checkpointId)
  }
}

test('every snapshot is a consistent cut, whatever the order', () => {
  fc.assert(
    fc.property(scenario, ({ mode, channels, choices }) => {
      const run = new Run(channels, mode as 'EXACTLY_ONCE')
      for (const choice of choices) {
        const kind = choice % 8
        if (kind === 0) run.perform()
        else if (kind === 1) run.trigger()
        else if (kind === 2 && choice > 800) run.abort(1 + (choice % checkpointsMax))
        else if (channels.length > 0) run.read(choice % channels.length)
      }
      // All that is left, as it comes.
      for (let progress = true; progress; ) {
        progress = run.perform()
        if (run.trigger()) progress = true
        channels.forEach((_, index) => {
          if (run.read(index)) progress = true
        })
      }
      for (const { isBlocked, read, barriers } of run.channels) {
        assert.equal(isBlocked, false)
        assert.equal(read, barriers.length + 1)
      }
      assert.equal(run.aligner.announcedCount, 0)
      const last = run.performed.at(-1) ?? 0
      for (const id of ids()) assert.ok(run.over.has(id) || id < last, `${id} is not over`)
    }),
    { numRuns: 500 },
  )
})
