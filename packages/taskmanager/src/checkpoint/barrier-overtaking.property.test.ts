import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type AlignmentCommand, BarrierAligner } from './barrier-aligner.ts'

// The model: channels of records and barriers, one checkpoint at a time. A barrier is a row, or
// overtakes when it is sent, or does so later; the task may be told to overtake at any time. Then
// whatever the order: no record from behind barrier n is read before n is performed; an aligned n
// leaves none from before it unread; an unaligned one is collected once, when every channel has
// delivered n or ended; and at the end nothing is blocked.

interface Item {
  /** Of a barrier; 0: a record. */
  readonly barrier: number
  /** Barriers that were sent before it. */
  readonly epoch: number
}

interface Channel {
  readonly items: Item[]
  /** The last barrier that was sent. */
  sent: number
  isBlocked: boolean
  hasEnded: boolean
}

const checkpointsMax = 5

class Run {
  readonly aligner: BarrierAligner
  readonly channels: Channel[]
  readonly performed: number[] = []
  /** Unaligned ones that are performed and not collected. */
  readonly collecting = new Set<number>()
  toPerform: number[] = []
  current = 0
  isOver = true

  constructor(channelCount: number) {
    this.aligner = new BarrierAligner(channelCount, 'EXACTLY_ONCE')
    this.channels = Array.from({ length: channelCount }, () => {
      return { items: [], sent: 0, isBlocked: false, hasEnded: false }
    })
  }

  obey(commands: readonly AlignmentCommand[]): void {
    for (const command of commands) {
      switch (command.kind) {
        case 'perform':
          this.toPerform.push(command.checkpointId)
          break
        case 'collected':
          assert.ok(this.collecting.delete(command.checkpointId), 'collected once')
          for (const { sent, hasEnded } of this.channels) {
            assert.ok(hasEnded || sent >= command.checkpointId)
          }
          this.isOver = true
          break
        case 'give-up':
          assert.fail('there is only one')
          break
        default: {
          const channel = this.channels[command.channel] as Channel
          assert.notEqual(channel.isBlocked, command.kind === 'block-channel')
          channel.isBlocked = command.kind === 'block-channel'
        }
      }
    }
  }

  trigger(): boolean {
    if (!this.isOver || this.current === checkpointsMax) return false
    // Rows of one that is over are still read, but none of two is sent at a time.
    this.isOver = false
    this.obey(this.aligner.announce(++this.current))
    return true
  }

  overtake(): void {
    this.obey(this.aligner.overtake(this.current))
  }

  sendRecord(channel: Channel): void {
    if (!this.#isClosed(channel)) channel.items.push({ barrier: 0, epoch: channel.sent })
  }

  sendBarrier(index: number, isOvertaking: boolean): boolean {
    const channel = this.channels[index] as Channel
    if (channel.sent === this.current || this.isOver || this.#isClosed(channel)) return false
    channel.sent = this.current
    if (isOvertaking) this.obey(this.aligner.onOvertakingBarrier(index, this.current))
    else channel.items.push({ barrier: this.current, epoch: this.current })
    return true
  }

  /** A row that waits overtakes what is before it; it stays as it is. */
  convert(index: number): void {
    const { items } = this.channels[index] as Channel
    if (!items.some(({ barrier }) => barrier === this.current)) return
    this.obey(this.aligner.onOvertakingBarrier(index, this.current))
  }

  end(channel: Channel): void {
    if (!this.#isClosed(channel)) channel.items.push({ barrier: -1, epoch: channel.sent })
  }

  read(index: number): boolean {
    const channel = this.channels[index] as Channel
    if (channel.isBlocked || this.toPerform.length > 0) return false
    const item = channel.items.shift()
    if (item === undefined) return false
    if (item.barrier > 0) {
      this.obey(this.aligner.onBarrier(index, item.barrier))
    } else if (item.barrier < 0) {
      channel.hasEnded = true
      this.obey(this.aligner.onEndOfData(index))
    } else {
      const isCut = this.isOver || this.collecting.has(this.current)
      assert.ok(isCut || item.epoch < this.current, 'a record from behind the barrier')
    }
    return true
  }

  perform(): boolean {
    const checkpointId = this.toPerform.shift()
    if (checkpointId === undefined) return false
    assert.ok(checkpointId > (this.performed.at(-1) ?? 0))
    this.performed.push(checkpointId)
    if (this.aligner.isOvertaking(checkpointId)) this.collecting.add(checkpointId)
    else {
      for (const { items } of this.channels) {
        assert.ok(items.every(({ epoch, barrier }) => barrier < 0 || epoch >= checkpointId))
      }
      this.isOver = true
    }
    this.obey(this.aligner.onPerformed(checkpointId))
    return true
  }

  abort(): void {
    if (this.isOver) return
    this.toPerform = this.toPerform.filter((id) => id !== this.current)
    this.collecting.delete(this.current)
    this.isOver = true
    this.obey(this.aligner.abort(this.current))
  }

  /** Everything that is left comes: barriers of what was triggered, and all that waits. */
  drain(): void {
    for (let progress = true; progress; ) {
      progress = this.perform()
      this.channels.forEach((_, index) => {
        if (this.sendBarrier(index, index % 2 === 0)) progress = true
        if (this.read(index)) progress = true
      })
    }
  }

  #isClosed({ items, hasEnded }: Channel): boolean {
    return hasEnded || items.some(({ barrier }) => barrier < 0)
  }
}

const scenario = fc.record({
  channelCount: fc.nat(4),
  choices: fc.array(fc.tuple(fc.nat(99), fc.nat(3)), { minLength: 20, maxLength: 150 }),
})

test('a checkpoint that overtakes is a consistent cut, whatever overtakes what', () => {
  let unaligned = 0
  fc.assert(
    fc.property(scenario, ({ channelCount, choices }) => {
      const run = new Run(channelCount)
      for (const [choice, at] of choices) {
        if (choice < 12) run.perform()
        else if (choice < 24) run.trigger()
        else if (choice < 28) run.overtake()
        else if (choice < 30) run.abort()
        if (channelCount === 0 || choice < 30) continue
        const index = at % channelCount
        const channel = run.channels[index] as Channel
        if (choice < 50) run.sendRecord(channel)
        else if (choice < 62) run.sendBarrier(index, false)
        else if (choice < 68) run.sendBarrier(index, true)
        else if (choice < 72) run.convert(index)
        else if (choice < 73) run.end(channel)
        else run.read(index)
      }
      unaligned += run.collecting.size
      run.drain()
      assert.equal(run.isOver || run.current === 0, true, 'it came to an end')
      assert.equal(run.collecting.size, 0)
      assert.equal(run.aligner.announcedCount, 0)
      for (const { items, isBlocked } of run.channels) {
        assert.equal(isBlocked, false)
        assert.equal(items.length, 0)
      }
    }),
    { numRuns: 1000 },
  )
  assert.ok(unaligned > 0)
})
