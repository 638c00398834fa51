import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'

const code = `
const { parentPort } = require('node:worker_threads')
import(${JSON.stringify(new URL('./standard-output.ts', import.meta.url).href)}).then(
  async ({ standardOutput }) => {
    let written = 0
    while (standardOutput.blocked() === undefined) {
      standardOutput.write('x'.repeat(1023) + '\\n')
      written += 1024
    }
    parentPort.postMessage(written)
    await standardOutput.blocked()
    standardOutput.write('end')
    parentPort.postMessage(standardOutput.blocked() === undefined)
  },
)`

test('the output of a thread is blocked until it is read, and loses nothing', async () => {
  const worker = new Worker(code, { eval: true, stdout: true })
  const [written] = (await once(worker, 'message')) as [number]
  const isOpenAgain = once(worker, 'message')
  let text = ''
  for await (const chunk of worker.stdout.setEncoding('utf8')) text += chunk
  assert.deepEqual(await isOpenAgain, [true])
  assert.equal(text.length, written + 'end'.length)
  assert.ok(text.endsWith('\nend'))
})
