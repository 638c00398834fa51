import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isColored } from './colors.ts'

test('output is coloured on a terminal only', () => {
  assert.equal(isColored({}, true), true)
  assert.equal(isColored({ CI: 'true' }, false), false)
  assert.equal(isColored({ TERM: 'dumb' }, true), false)
})

test('NO_COLOR and FORCE_COLOR say otherwise', () => {
  assert.equal(isColored({ NO_COLOR: '1', FORCE_COLOR: '1' }, true), false)
  assert.equal(isColored({ FORCE_COLOR: '1' }, false), true)
  assert.equal(isColored({ FORCE_COLOR: '0' }, true), false)
  assert.equal(isColored({ NO_COLOR: '' }, true), true)
})
