import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallSite } from './call-site.ts'

function publicMethod(): CallSite {
  return inner()
}

function inner(): CallSite {
  return new CallSite(publicMethod)
}

test('a call site is the line of the caller of the public method', () => {
  const here = String(publicMethod())
  assert.match(here, /call-site\.test\.ts:\d+:\d+$/)
  assert.ok(!here.startsWith('file:'))
  const line = Number(/:(\d+):\d+$/.exec(here)?.[1])
  const other = Number(/:(\d+):\d+$/.exec(String(publicMethod()))?.[1])
  assert.equal(other, line + 4)
})

test('the stack trace limit of the program is left as it was', () => {
  const limit = Error.stackTraceLimit
  publicMethod()
  assert.equal(Error.stackTraceLimit, limit)
})

test('without a stack the place is unknown', () => {
  const site = publicMethod()
  site.stack = ''
  assert.equal(String(site), 'an unknown place')
})
