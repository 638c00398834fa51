import assert from 'node:assert/strict'
import test from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { detachString } from './detach-string.ts'

const textBytes = 100_000
const textCount = 300

/** Strings cut out of as many large texts. */
function cut(transform: (text: string) => string): readonly string[] {
  return Array.from({ length: textCount }, (_, i) => {
    const text = Buffer.alloc(textBytes, `${i} and more text `).toString('latin1')
    return transform(text.substring(1000, 1030))
  })
}

function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}

test('a detached string is the same string and keeps no larger text alive', () => {
  const before = heapBytes()
  const attached = cut((text) => text)
  const attachedBytes = heapBytes() - before
  const detached = cut(detachString)
  const detachedBytes = heapBytes() - before - attachedBytes
  assert.deepEqual(detached, attached)
  assert.ok(attachedBytes > (textBytes * textCount) / 2, `attached: ${attachedBytes}`)
  assert.ok(detachedBytes < (textBytes * textCount) / 20, `detached: ${detachedBytes}`)
  assert.equal(detachString('short'), 'short')
})
