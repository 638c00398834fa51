import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settle } from '../operators/clock-test-support.ts'
import type { Source, SplitEnumerator, SplitEnumeratorContext } from '../source/source.ts'
import { decodeReaderEvent, encodeSourceEvent } from '../source/source-event.ts'
import { attempt, CoordinatorProbe } from './coordinator-test-support.ts'
import { SourceCoordinator } from './source-coordinator.ts'

type Context = SplitEnumeratorContext<unknown>
type Enumerator = SplitEnumerator<unknown, unknown>

class Host {
  readonly probe: CoordinatorProbe = new CoordinatorProbe(decodeReaderEvent)
  readonly calls: unknown[] = []
  readonly coordinator: SourceCoordinator
  context!: Context

  constructor(
    overrides: (context: Context) => Partial<Enumerator> = () => ({}),
    restartsAsOne: boolean = false,
  ) {
    this.probe.restartsAsOne = restartsAsOne
    const enumerator: Enumerator = {
      start: () => void this.calls.push('start'),
      handleSplitRequest: (subtask) => void this.calls.push(['request', subtask]),
      addSplitsBack: (splits, subtask) => void this.calls.push(['back', subtask, ...splits]),
      addReader: (subtask) => void this.calls.push(['reader', subtask]),
      handleSourceEvent: (subtask, event) => void this.calls.push(['event', subtask, event]),
      snapshotState: () => undefined,
      close: () => void this.calls.push('close'),
    }
    const source: Source<unknown> = {
      kind: 'recording',
      boundedness: 'bounded',
      createEnumerator: (context) => {
        this.context = context
        return { ...enumerator, ...overrides(context) }
      },
      createReader: () => assert.fail('the job host makes no reader'),
    }
    this.coordinator = new SourceCoordinator(source, this.probe.services())
    this.coordinator.start(undefined)
  }

  request(subtask: number, attemptName: string): void {
    const event = encodeSourceEvent({ kind: 'request-split' })
    this.coordinator.handleEvent(subtask, attempt(attemptName), event)
  }
}

const giving = (...splits: readonly unknown[]) => {
  const rest = [...splits]
  return (context: Context): Partial<Enumerator> => ({
    handleSplitRequest: (subtask) => {
      const split = rest.shift()
      if (split === undefined) context.signalNoMoreSplits(subtask)
      else context.assignSplits(subtask, [split])
    },
  })
}

test('readers are announced once for each attempt, and their events reach the enumerator', () => {
  const { coordinator, calls, request, context } = host(new Host())
  coordinator.readerRegistered(1, attempt('b0'))
  coordinator.readerRegistered(0, attempt('a0'))
  coordinator.readerRegistered(0, attempt('a0'))
  request(1, 'b0')
  const event = encodeSourceEvent({ kind: 'reader-source-event', event: { lag: 1 } })
  coordinator.handleEvent(0, attempt('a0'), event)
  assert.deepEqual(calls, [
    'start',
    ['reader', 1],
    ['reader', 0],
    ['request', 1],
    ['event', 0, { lag: 1 }],
  ])
  assert.deepEqual(context.registeredReaders(), [0, 1])
})

/** The methods of a host, to be used without it. */
function host(of: Host): Host & { readonly request: Host['request'] } {
  return Object.assign(Object.create(of), { request: of.request.bind(of) })
}

test('what the enumerator says goes to the attempt that runs', () => {
  const { coordinator, probe, context } = new Host()
  coordinator.readerRegistered(0, attempt('a0'))
  context.assignSplits(0, [{ from: 1 }])
  context.sendEventToSourceReader(0, 'hello')
  coordinator.readerRegistered(0, attempt('a1'))
  context.signalNoMoreSplits(0)
  assert.deepEqual(probe.sent, [
    [0, 'a0', { kind: 'add-splits', splits: [{ from: 1 }] }],
    [0, 'a0', { kind: 'source-event', event: 'hello' }],
    [0, 'a1', { kind: 'no-more-splits' }],
  ])
})

test('the splits of a failed attempt go back, and only those', () => {
  const { coordinator, calls, probe, request } = host(new Host(giving('s1', 's2', 's3')))
  coordinator.readerRegistered(0, attempt('a0'))
  coordinator.readerRegistered(1, attempt('b0'))
  request(0, 'a0')
  request(1, 'b0')
  request(0, 'a0')
  coordinator.readerFailed(0, attempt('a0'), undefined)
  assert.deepEqual(calls.at(-1), ['back', 0, 's1', 's3'])
  assert.equal(probe.failures.length, 0)
})

test('nothing is remembered of splits whose readers start again with a new enumerator', () => {
  const { coordinator, calls, probe, request } = host(new Host(giving('s1'), true))
  coordinator.readerRegistered(0, attempt('a0'))
  request(0, 'a0')
  assert.equal(probe.sent.length, 1)
  coordinator.readerFailed(0, attempt('a0'), undefined)
  assert.deepEqual(calls, ['start', ['reader', 0]])
})

test('an attempt that had no split brings none back', () => {
  const { coordinator, calls } = new Host()
  coordinator.readerRegistered(0, attempt('a0'))
  coordinator.readerFailed(0, attempt('a0'), undefined)
  assert.deepEqual(calls, ['start', ['reader', 0]])
})

test('an attempt that replaces another brings its splits back before it is announced', () => {
  const { coordinator, calls, request } = host(new Host(giving('s1')))
  coordinator.readerRegistered(0, attempt('a0'))
  request(0, 'a0')
  coordinator.readerRegistered(0, attempt('a1'))
  assert.deepEqual(calls.slice(-2), [
    ['back', 0, 's1'],
    ['reader', 0],
  ])
  coordinator.readerFailed(0, attempt('a0'), undefined)
  assert.equal(calls.length, 4)
})

test('events of an attempt that was replaced, or is unknown, are dropped', () => {
  const { coordinator, calls, request } = host(new Host())
  request(0, 'a0')
  coordinator.readerRegistered(0, attempt('a0'))
  coordinator.readerRegistered(0, attempt('a1'))
  request(0, 'a0')
  assert.deepEqual(calls, ['start', ['reader', 0], ['reader', 0]])
})

test('splits for a subtask without a reader are an error of the enumerator', () => {
  const start = (context: Context): Partial<Enumerator> => ({
    start: () => context.assignSplits(1, ['s1']),
  })
  const { probe } = new Host(start)
  assert.match(String(probe.failures[0]), /subtask 1, which has no reader/)
})

test('other messages for a subtask without a reader are dropped', () => {
  const { probe, context } = new Host()
  context.signalNoMoreSplits(0)
  context.sendEventToSourceReader(0, 'hello')
  assert.deepEqual([probe.sent, probe.failures], [[], []])
})

test('an error in any method ends the coordinator, which closes its enumerator once', async () => {
  const boom = (): never => {
    throw new Error('boom')
  }
  const methods: readonly (keyof Enumerator)[] = [
    'start',
    'addReader',
    'handleSplitRequest',
    'addSplitsBack',
    'handleSourceEvent',
  ]
  for (const method of methods) {
    const assign = { handleSplitRequest: (): void => broken.context.assignSplits(0, ['s1']) }
    const broken: Host = new Host(() => ({ ...assign, [method]: boom }))
    const { coordinator, probe, calls } = broken
    coordinator.readerRegistered(0, attempt('a0'))
    broken.request(0, 'a0')
    const event = encodeSourceEvent({ kind: 'reader-source-event', event: 1 })
    if (method === 'handleSourceEvent') coordinator.handleEvent(0, attempt('a0'), event)
    coordinator.readerFailed(0, attempt('a0'), undefined)
    coordinator.readerRegistered(0, attempt('a1'))
    coordinator.close()
    await settle()
    assert.equal(probe.failures.length, 1, method)
    assert.match(String(probe.failures[0]), /boom/)
    assert.equal(calls.filter((call) => call === 'close').length, 1)
  }
})

test('a split that is not plain data is an error of the enumerator', () => {
  const { coordinator, probe, request } = host(new Host(giving(() => {})))
  coordinator.readerRegistered(0, attempt('a0'))
  request(0, 'a0')
  assert.equal((probe.failures[0] as { code: string }).code, 'RECORD_TYPE_MISMATCH')
})

test('calls run one after the other and hand over what came of them', async () => {
  const { context } = new Host()
  const order: unknown[] = []
  const first = Promise.withResolvers<string>()
  context.callAsync(
    () => first.promise,
    (result, error) => order.push([result, error]),
  )
  context.callAsync(
    () => {
      order.push('second begins')
      return Promise.reject(new Error('gone'))
    },
    (result, error) => order.push([result, String(error)]),
  )
  await settle()
  assert.deepEqual(order, [])
  first.resolve('found')
  await settle()
  assert.deepEqual(order, [['found', undefined], 'second begins', [undefined, 'Error: gone']])
})

test('a call may be repeated, each time after the one before has ended', async () => {
  const { context, probe } = new Host()
  const calls: PromiseWithResolvers<void>[] = []
  let handled = 0
  context.callAsync(
    () => {
      const call = Promise.withResolvers<void>()
      calls.push(call)
      return call.promise
    },
    () => handled++,
    { initialDelayMs: 100, periodMs: 1000 },
  )
  probe.clock.advance(99)
  await settle()
  assert.equal(calls.length, 0)
  probe.clock.advance(1)
  await settle()
  assert.equal(calls.length, 1)
  probe.clock.advance(5000)
  await settle()
  assert.equal(calls.length, 1)
  calls[0]?.resolve()
  await settle()
  assert.equal(handled, 1)
  probe.clock.advance(0)
  await settle()
  assert.equal(calls.length, 2)
  calls[1]?.resolve()
  await settle()
  probe.clock.advance(999)
  await settle()
  assert.equal(calls.length, 2)
  probe.clock.advance(1)
  await settle()
  assert.equal(calls.length, 3)
})

test('an error in a handler is an error of the enumerator', async () => {
  const { context, probe } = new Host()
  context.callAsync(
    () => Promise.resolve(),
    () => {
      throw new Error('boom')
    },
  )
  await settle()
  assert.match(String(probe.failures[0]), /boom/)
})

test('once closed, no handler runs, no timer is left and nothing is sent', async () => {
  const { coordinator, context, probe } = new Host()
  coordinator.readerRegistered(0, attempt('a0'))
  const call = Promise.withResolvers<void>()
  context.callAsync(
    () => call.promise,
    () => assert.fail('handled'),
  )
  context.callAsync(
    () => assert.fail('called'),
    () => assert.fail('handled'),
    { initialDelayMs: 1, periodMs: 1 },
  )
  await settle()
  coordinator.close()
  call.resolve()
  context.assignSplits(0, ['s1'])
  context.signalNoMoreSplits(0)
  await settle()
  assert.deepEqual([probe.sent, probe.failures, probe.clock.timerCount], [[], [], 0])
})

test('an enumerator that fails to close is logged and nothing else', async () => {
  const { coordinator, probe } = new Host(() => ({
    close: () => Promise.reject(new Error('still open')),
  }))
  coordinator.close()
  await settle()
  assert.equal(probe.failures.length, 0)
})
