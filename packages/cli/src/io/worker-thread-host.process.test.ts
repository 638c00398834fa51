import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Thread, ThreadExit } from '@millrace/core'
import { WorkerThreadHost } from './worker-thread-host.ts'

interface Run {
  readonly thread: Thread<unknown>
  readonly exit: Promise<ThreadExit>
  readonly firstMessage: Promise<unknown>
}

function start(code: string, options: { heapLimitBytes?: number; data?: unknown } = {}): Run {
  const module = `import { parentPort, workerData } from 'node:worker_threads'\n${code}`
  const entry = new URL(`data:text/javascript,${encodeURIComponent(module)}`)
  const host = new WorkerThreadHost({ slot: entry, 'job-host': entry })
  const exit = Promise.withResolvers<ThreadExit>()
  const firstMessage = Promise.withResolvers<unknown>()
  const { heapLimitBytes = 0, data = {} } = options
  const request = { kind: 'slot' as const, name: 'slot-0', data, heapLimitBytes }
  const thread = host.start(request, { onMessage: firstMessage.resolve, onExit: exit.resolve })
  return { thread, exit: exit.promise, firstMessage: firstMessage.promise }
}

test('a thread gets its data and messages and answers', async () => {
  const { thread, firstMessage, exit } = start(
    "parentPort.on('message', (n) => parentPort.postMessage(n + workerData.offset))",
    { data: { offset: 40 } },
  )
  thread.post(2)
  assert.equal(await firstMessage, 42)
  thread.terminate()
  assert.equal((await exit).reason, 'terminated')
})

test('a thread whose objects live on copies few of them at a time', async () => {
  const code = `
    import { getHeapSpaceStatistics } from 'node:v8'
    const kept = []
    for (let i = 0; i < 1e6; i++) kept.push({ i })
    const space = getHeapSpaceStatistics().find((each) => each.space_name === 'new_space')
    parentPort.postMessage(space.space_size)`
  const { firstMessage, exit } = start(code)
  assert.ok(Number(await firstMessage) <= 8 * 2 ** 20)
  await exit
})

test('a thread in an endless loop can be terminated', async () => {
  const { thread, firstMessage, exit } = start("parentPort.postMessage('on'); for (;;) {}")
  await firstMessage
  thread.terminate()
  assert.equal((await exit).reason, 'terminated')
})

test('an endless loop can be terminated also once it is optimized', async () => {
  const rounds = new Int32Array(new SharedArrayBuffer(4))
  const code = 'const n = workerData; for (;;) { new Array(1000).fill(1); n[0]++ }'
  const { thread, exit } = start(code, { data: rounds })
  while (Atomics.load(rounds, 0) < 1e5) await new Promise((resolve) => setImmediate(resolve))
  thread.terminate()
  assert.equal((await exit).reason, 'terminated')
})

test('process.exit in user code ends its thread with the exit code', async () => {
  const { reason, exitCode, error } = await start('process.exit(7)').exit
  assert.deepEqual([reason, exitCode, error], ['exited', 7, undefined])
})

test('a thread that throws hands its error over', async () => {
  const { reason, error } = await start("throw new TypeError('bad')").exit
  assert.equal(reason, 'error')
  assert.match(error?.message ?? '', /bad/)
})

const leaks: Readonly<Record<string, string>> = {
  objects: 'const a = []; for (let i = 0; ; i++) a.push({ i })',
  'a map': "const m = new Map(); for (let i = 0; ; i++) m.set('key' + i, { i })",
  'small arrays': 'const a = []; for (;;) a.push(new Array(1000).fill(1))',
  'large arrays': 'const a = []; for (;;) a.push(new Array(5e6).fill(1.5))',
  'buffers outside of the heap': 'const a = []; for (;;) a.push(Buffer.alloc(1e7))',
}

for (const [what, code] of Object.entries(leaks)) {
  test(`a thread that fills its memory with ${what} ends alone and says so`, async () => {
    const { reason, error } = await start(code, { heapLimitBytes: 24 * 2 ** 20 }).exit
    assert.equal(reason, 'out-of-memory')
    assert.match(error?.message ?? '', /MB in its heap, of which 24 MB are granted/)
  })
}

test('garbage alone does not end a thread', async () => {
  const code = `
    let latest
    for (let round = 0; round < 2000; round++) {
      latest = Array.from({ length: 1000 }, (_, i) => ({ round, i, text: 'x' + i }))
    }
    parentPort.postMessage(latest.length)`
  const { firstMessage, exit } = start(code, { heapLimitBytes: 24 * 2 ** 20 })
  assert.equal(await firstMessage, 1000)
  assert.equal((await exit).reason, 'exited')
})

const spareRequest = {
  kind: 'job-host' as const,
  name: 'job-host',
  data: undefined,
  heapLimitBytes: 0,
}

test('a spare is the next thread of its kind, and another takes its place when it ends', async () => {
  const module = `import { parentPort, threadId } from 'node:worker_threads'
parentPort.on('message', () => parentPort.postMessage(threadId))`
  const entry = new URL(`data:text/javascript,${encodeURIComponent(module)}`)
  const host = new WorkerThreadHost({ slot: entry, 'job-host': entry })
  const run = async (kind: 'job-host' | 'slot'): Promise<unknown> => {
    const message = Promise.withResolvers<unknown>()
    const exit = Promise.withResolvers<ThreadExit>()
    const handler = { onMessage: message.resolve, onExit: exit.resolve }
    const thread = host.start({ ...spareRequest, kind }, handler)
    thread.post('who are you?')
    const id = await message.promise
    thread.terminate()
    assert.equal((await exit.promise).reason, 'terminated')
    return id
  }
  host.keepSpare(spareRequest)
  const other = Number(await run('slot'))
  const spare = Number(await run('job-host'))
  assert.ok(spare < other, 'the spare was started first')
  assert.ok(Number(await run('job-host')) > other, 'another one was started in its place')
  host.close()
})

test('a spare that cannot start is replaced by a thread that says why', async () => {
  const entry = new URL(`data:text/javascript,${encodeURIComponent("throw new Error('broken')")}`)
  const host = new WorkerThreadHost({ slot: entry, 'job-host': entry })
  host.keepSpare(spareRequest)
  const exit = Promise.withResolvers<ThreadExit>()
  host.start(spareRequest, { onMessage: () => {}, onExit: exit.resolve })
  assert.match((await exit.promise).error?.message ?? '', /broken/)
  host.close()
})
