import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AlignmentCommand, BarrierAligner } from './barrier-aligner.ts'

function word(command: AlignmentCommand): string {
  if (command.kind === 'block-channel') return `block ${command.channel}`
  if (command.kind === 'unblock-channel') return `unblock ${command.channel}`
  if (command.kind === 'perform') return `perform ${command.checkpointId}`
  return `give up ${command.checkpointId}`
}

function words(commands: readonly AlignmentCommand[]): string {
  return commands.map(word).join(', ')
}

test('a task without channels performs what is triggered, once', () => {
  const aligner = new BarrierAligner(0, 'EXACTLY_ONCE')
  assert.equal(words(aligner.announce(1)), 'perform 1')
  assert.equal(words(aligner.announce(1)), '')
  assert.equal(words(aligner.announce(2)), 'perform 2')
  assert.equal(words(aligner.onPerformed(1)), '')
  assert.equal(words(aligner.onPerformed(2)), '')
  assert.equal(words(aligner.announce(2)), '')
})

test('channels are blocked from their barrier until the checkpoint was performed', () => {
  const aligner = new BarrierAligner(2, 'EXACTLY_ONCE')
  assert.equal(words(aligner.announce(1)), '')
  assert.equal(words(aligner.onBarrier(1, 1)), 'block 1')
  assert.ok(aligner.isBlocked(1))
  assert.equal(words(aligner.onBarrier(0, 1)), 'block 0, perform 1')
  assert.equal(words(aligner.onPerformed(1)), 'unblock 0, unblock 1')
  assert.equal(aligner.announcedCount, 0)
})

test('AT_LEAST_ONCE blocks nothing, with several checkpoints in flight', () => {
  const aligner = new BarrierAligner(2, 'AT_LEAST_ONCE')
  assert.equal(words(aligner.onBarrier(0, 1)), '')
  assert.equal(words(aligner.onBarrier(0, 2)), '')
  assert.equal(words(aligner.onBarrier(1, 1)), 'perform 1')
  assert.equal(words(aligner.onBarrier(1, 2)), 'perform 2')
  assert.equal(words(aligner.onPerformed(1)), '')
  assert.equal(words(aligner.onPerformed(2)), '')
})

test('a channel that ended counts as one that delivered', () => {
  const aligner = new BarrierAligner(2, 'EXACTLY_ONCE')
  assert.equal(words(aligner.onBarrier(0, 3)), 'block 0')
  assert.equal(words(aligner.onEndOfData(1)), 'perform 3')
  assert.equal(words(aligner.onPerformed(3)), 'unblock 0')
  assert.equal(words(aligner.onEndOfData(0)), '')
  assert.equal(words(aligner.announce(4)), 'perform 4')
})

test('a checkpoint that was triggered is performed when the last channel ends', () => {
  const aligner = new BarrierAligner(2, 'EXACTLY_ONCE')
  assert.equal(words(aligner.announce(1)), '')
  assert.equal(words(aligner.onEndOfData(1)), '')
  assert.equal(words(aligner.onEndOfData(0)), 'perform 1')
})

test('a newer barrier gives up the older checkpoint', () => {
  const aligner = new BarrierAligner(2, 'EXACTLY_ONCE')
  aligner.announce(1)
  aligner.onBarrier(0, 1)
  assert.equal(words(aligner.onBarrier(1, 2)), 'unblock 0, give up 1, block 1')
  assert.equal(words(aligner.onBarrier(0, 2)), 'block 0, perform 2')
})

test('a checkpoint that some producer has skipped is given up when it is triggered', () => {
  const aligner = new BarrierAligner(2, 'EXACTLY_ONCE')
  assert.equal(words(aligner.onBarrier(0, 2)), 'block 0')
  assert.equal(words(aligner.announce(1)), 'give up 1')
  assert.equal(words(aligner.onBarrier(1, 1)), '')
  assert.equal(words(aligner.onBarrier(1, 2)), 'block 1, perform 2')
})

test('what was aborted blocks nothing, not even when its barriers come late', () => {
  const aligner = new BarrierAligner(2, 'EXACTLY_ONCE')
  aligner.onBarrier(0, 1)
  assert.equal(words(aligner.abort(1)), 'unblock 0')
  assert.equal(words(aligner.onBarrier(1, 1)), '')
  assert.equal(words(aligner.announce(1)), '')
  assert.equal(words(aligner.abort(2)), '')
  assert.equal(words(aligner.onBarrier(0, 2)), '')
  assert.equal(words(aligner.onBarrier(0, 3)), 'block 0')
})

test('what is over is aborted without effect', () => {
  const aligner = new BarrierAligner(1, 'EXACTLY_ONCE')
  aligner.onBarrier(0, 1)
  aligner.onPerformed(1)
  assert.equal(words(aligner.abort(1)), '')
  assert.equal(words(aligner.onBarrier(0, 2)), 'block 0, perform 2')
})

test('a barrier that goes back is refused, and so is one over a blocked or ended channel', () => {
  const aligner = new BarrierAligner(2, 'EXACTLY_ONCE')
  aligner.onBarrier(0, 2)
  assert.throws(() => aligner.onBarrier(0, 3), /blocked/)
  aligner.abort(2)
  assert.throws(() => aligner.onBarrier(0, 1), /behind/)
  aligner.onEndOfData(0)
  assert.throws(() => aligner.onBarrier(0, 4), /end of data/)
})
