import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ReceiverCredit, SenderCredit } from './credit.ts'

test('a sender without credit may not send', () => {
  const credit = new SenderCredit()
  assert.equal(credit.take(), false)
  credit.grant(2)
  assert.equal(credit.take(), true)
  assert.equal(credit.take(), true)
  assert.equal(credit.take(), false)
  assert.equal(credit.sent, 2)
})

test('a receiver gives credit back once half of its window was read', () => {
  const credit = new ReceiverCredit(4)
  for (let i = 0; i < 4; i++) credit.arrive()
  assert.equal(credit.release(), false)
  assert.equal(credit.release(), true)
  assert.equal(credit.settle(), 2)
  assert.equal(credit.settle(), 0)
  assert.equal(credit.outstanding, 2)
})

test('a window of one frame is given back after each', () => {
  const credit = new ReceiverCredit(1)
  credit.arrive()
  assert.equal(credit.release(), true)
  assert.equal(credit.settle(), 1)
})

test('a frame beyond the window is refused', () => {
  const credit = new ReceiverCredit(1)
  credit.arrive()
  assert.throws(() => credit.arrive(), { code: 'FRAME_CORRUPT' })
})

test('a frame is never released that did not come', () => {
  const credit = new ReceiverCredit(2)
  assert.throws(() => credit.release(), /outstanding of 2/)
})

test('no order of events makes a sender overrun a receiver or loses credit', () => {
  const step = fc.constantFrom('send', 'deliver', 'read', 'settle', 'grant')
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.array(step, { maxLength: 200 }),
      (window, steps) => {
        const sender = new SenderCredit()
        const receiver = new ReceiverCredit(window)
        sender.grant(window)
        let onWire = 0
        let unread = 0
        const grants: number[] = []
        const settle = () => {
          const frames = receiver.settle()
          if (frames > 0) grants.push(frames)
        }
        const actions = {
          send: () => {
            if (sender.take()) onWire++
          },
          deliver: () => {
            if (onWire === 0) return
            onWire--
            receiver.arrive()
            unread++
          },
          read: () => {
            if (unread === 0) return
            unread--
            if (receiver.release()) settle()
          },
          settle,
          grant: () => {
            const frames = grants.shift()
            if (frames !== undefined) sender.grant(frames)
          },
        }
        for (const name of steps) {
          actions[name]()
          const travelling = grants.reduce((sum, frames) => sum + frames, 0)
          assert.equal(sender.available + onWire + unread + receiver.owed + travelling, window)
        }
      },
    ),
  )
})
