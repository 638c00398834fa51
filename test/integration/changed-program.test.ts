// Programs that were changed go on with what they had, or are refused before anything is started:
// for each change the verdict, and that a run keeps to it.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { RestoreVerdict } from '@millrace/core'
import { MiniCluster } from 'millrace/testing'
import { changes, type Told } from './jobs/changed-program.ts'

const module = new URL('./jobs/changed-program.ts', import.meta.url)
const timeout = 60_000

/** Parts of what is told that begin anew where a state was given up. */
type Part = 'seen' | 'total' | 'parity' | 'recent' | 'note'

interface Expected {
  /** Of the states that are not simply kept: `operator/state`. */
  readonly verdicts: Readonly<Record<string, RestoreVerdict>>
  /** It is refused with this. */
  readonly code?: 'SAVEPOINT_STATE_UNMAPPED' | 'STATE_INCOMPATIBLE'
  /** Of the reason why it is refused. */
  readonly reason?: RegExp
  /** With these states given up it is accepted. */
  readonly drop?: readonly string[]
  readonly anew?: readonly Part[]
  /** Nothing is told. */
  readonly isSilent?: boolean
  /** Run on both backends, and once more from what it has saved then. */
  readonly isOfState?: boolean
}

const unmapped = 'SAVEPOINT_STATE_UNMAPPED'
const incompatible = 'STATE_INCOMPATIBLE'
const states = ['total', 'parity', 'recent', 'note']
const allParts: readonly Part[] = ['total', 'parity', 'recent', 'note']
const timers = 'processing-time-timers'

function ofAll(operator: string, verdict: RestoreVerdict, names = [...states, timers]) {
  return Object.fromEntries(names.map((name) => [`${operator}/${name}`, verdict]))
}

const expectations: Readonly<Record<string, Expected>> = {
  none: { verdicts: {} },
  'a state is renamed': { verdicts: { 'totals/sum': 'migrated' }, isOfState: true },
  'a state is renamed without movedFrom': {
    verdicts: { 'totals/sum': 'new', 'totals/total': 'dropped' },
    ...{ code: unmapped, reason: /--drop-state 'totals\/total'/ },
    ...{ drop: ['totals/total'], anew: ['total'], isOfState: true },
  },
  'a state is renamed, and another takes its name': {
    verdicts: { 'totals/sum': 'migrated', 'totals/total': 'new' },
    isOfState: true,
  },
  'a state is removed': {
    verdicts: { 'totals/note': 'dropped' },
    ...{ code: unmapped, drop: ['totals/note'], anew: ['note'], isOfState: true },
  },
  'a state is new': { verdicts: { 'totals/more': 'new' }, isOfState: true },
  'a state is of another kind': {
    verdicts: { 'totals/total': 'incompatible' },
    ...{ code: incompatible, reason: /kind 'value', and is of kind 'list' now/ },
  },
  'a state is asked for late': {
    verdicts: { 'totals/total': 'dropped' },
    ...{ code: unmapped, reason: /does not ask for it in open/ },
    ...{ drop: ['totals/total'], anew: ['total'] },
  },
  'a type is wider': { verdicts: { 'totals/recent': 'migrated' }, isOfState: true },
  'a type is narrower': {
    verdicts: { 'totals/total': 'incompatible' },
    ...{ code: incompatible, reason: /it was float64, and is int32 now/ },
  },
  'a type is another one': {
    verdicts: { 'totals/total': 'incompatible' },
    ...{ code: incompatible, reason: /it was float64, and is string now/ },
  },
  'a type may be null': { verdicts: { 'totals/total': 'migrated' } },
  'a type is not declared any more': { verdicts: {}, isOfState: true },
  'a type is declared and fits': { verdicts: { 'totals/note': 'migrated' }, isOfState: true },
  'a type is declared and does not fit': {
    verdicts: { 'totals/note': 'incompatible' },
    ...{ code: incompatible, reason: /field 'text': expected int32, found string/ },
  },
  'a field is new and optional': { verdicts: { 'totals/parity': 'migrated' }, isOfState: true },
  'a field is new and required': {
    verdicts: { 'totals/parity': 'incompatible' },
    ...{ code: incompatible, reason: /field 'first': it is new/ },
  },
  'a field is new and nullable': {
    verdicts: { 'totals/parity': 'incompatible' },
    ...{ code: incompatible, reason: /types\.optional\(types\.nullable\(types\.int32\)\)/ },
  },
  'a field is new, and may be null or missing': { verdicts: { 'totals/parity': 'migrated' } },
  'a field is removed': {
    verdicts: { 'totals/parity': 'incompatible' },
    ...{ code: incompatible, reason: /field 'count': it was removed/ },
  },
  'a field is wider': { verdicts: { 'totals/parity': 'migrated' } },
  'a field is any now': { verdicts: { 'totals/parity': 'migrated' } },
  'keys of a map are of another type': {
    verdicts: { 'totals/parity': 'incompatible' },
    ...{ code: incompatible, reason: /keys: it was string, and is int32 now/ },
  },
  'keys of a map are not declared': { verdicts: { 'totals/parity': 'migrated' } },
  'a time to live is new': { verdicts: { 'totals/total': 'migrated' }, isOfState: true },
  'elements are lists now': {
    verdicts: { 'totals/recent': 'incompatible' },
    ...{ code: incompatible, reason: /it was int32, and is an array of int32 now/ },
  },
  'an operator is renamed': { verdicts: {}, isOfState: true },
  'an operator is renamed without movedFrom': {
    verdicts: { ...ofAll('totals', 'dropped'), ...ofAll('sums', 'new', states) },
    ...{ code: unmapped, reason: /no operator 'totals': give one this name, or movedFrom/ },
    ...{ drop: ['totals'], anew: allParts },
  },
  'an operator is removed': {
    verdicts: ofAll('totals', 'dropped'),
    ...{ code: unmapped, reason: /no operator 'totals'/ },
  },
  'an operator is not keyed any more': {
    verdicts: ofAll('totals', 'dropped'),
    ...{ code: unmapped, reason: /the input of the operator has no keys now/ },
  },
  'operators without state come and go': { verdicts: {} },
  'the open of a function throws': {
    verdicts: { 'totals/': 'unknown' },
    ...{ code: incompatible, reason: /its open\(\) threw: .*no data base/ },
  },
  'operator state is renamed': { verdicts: { 'counter/numbers': 'migrated' } },
  'operator state is of another mode': {
    verdicts: { 'counter/count': 'incompatible' },
    ...{ code: incompatible, reason: /it was saved as list, and is union list now/ },
    ...{ drop: ['counter/count'], anew: ['seen'] },
  },
  'operator state is not asked for': {
    verdicts: { 'counter/count': 'dropped' },
    ...{ code: unmapped, drop: ['counter'], anew: ['seen'] },
  },
  'operator state has another type': {
    verdicts: { 'counter/count': 'incompatible' },
    ...{ code: incompatible, reason: /expected string, found number/ },
  },
  'the source is renamed': { verdicts: {} },
  'the source is renamed without movedFrom': {
    verdicts: { 'numbers/_splits:datagen': 'dropped', 'numbers/enumerator': 'dropped' },
    ...{ code: unmapped, reason: /no operator 'numbers'/ },
  },
  'the source is of another kind': {
    verdicts: { 'numbers/_splits:datagen': 'dropped', 'numbers/enumerator': 'incompatible' },
    ...{ code: incompatible, reason: /of kind 'datagen', and is of kind '/ },
  },
  'the sink is another one': {
    verdicts: { 'told/enumerator': 'dropped' },
    ...{ code: unmapped, drop: ['told'], isSilent: true },
  },
  'more subtasks': { verdicts: {} },
}

/** What is told of a number where every state knows all before it. */
function toldOf(number: number): Omit<Told, 'timers' | 'key' | 'number'> {
  const before = Array.from(
    { length: Math.floor(number / 3) + 1 },
    (_, index) => number - 3 * index,
  )
  return {
    seen: number + 1,
    total: before.reduce((sum, each) => sum + each, 0),
    parity: Math.floor(number / 6) + 1,
    recent: before.slice(0, 3).reverse(),
    note: number < 3 ? undefined : { text: `${number - 3}`, at: number - 3 },
  }
}

/**
 * Numbers go on, and what is not `anew` is as if nothing had happened. What is begins with the
 * first number of its key; before it there may be what the sink had still to tell. `beginsNow`: it
 * does so in this run.
 */
function check(told: readonly Told[], anew: readonly Part[], beginsNow = true): void {
  const first = Math.min(...told.map(({ number }) => number))
  assert.ok(first > 20, `it goes on from where it was, not from ${first}`)
  for (const each of told) {
    const expected = toldOf(each.number)
    for (const part of ['seen', ...allParts] as const) {
      if (!anew.includes(part)) assert.deepEqual(each[part], expected[part], part)
    }
  }
  const isFirst: Readonly<Record<Part, (each: Told) => boolean>> = {
    seen: ({ seen }) => seen === 1,
    total: ({ total, number }) => total === number,
    parity: ({ parity }) => parity === 1,
    recent: ({ recent }) => recent.length === 1,
    note: ({ note }) => note === undefined,
  }
  for (const part of beginsNow ? anew : [])
    assert.ok(told.some(isFirst[part]), `${part} begins anew`)
}

for (const backend of ['heap', 'leveldb'] as const) {
  describe(`on ${backend}`, () => {
    let cluster: MiniCluster
    let savepoint: string
    const configuration = {
      'execution.checkpointing.interval': '50 ms',
      'execution.checkpointing.num-retained': '50',
      'execution.checkpointing.externalized-checkpoint-retention': 'RETAIN_ON_CANCELLATION',
      'state.backend.type': backend,
    }

    before(async () => {
      cluster = await MiniCluster.start({ slotsPerTaskManager: 2 })
      savepoint = (await run('none', { isSilent: false })).checkpoint
    })
    after(() => cluster.close())

    /** Runs until something was told and saved; returns what was told, and the last checkpoint. */
    async function run(
      change: string,
      options: {
        readonly isSilent: boolean
        readonly from?: string
        readonly drop?: readonly string[]
      },
    ): Promise<{ readonly told: readonly Told[]; readonly checkpoint: string }> {
      const { from, drop } = options
      const key = 'execution.state-recovery.drop-state'
      const client = await cluster.submit(module, {
        args: { change },
        configuration:
          drop === undefined ? configuration : { ...configuration, [key]: drop.join(';') },
        ...(from === undefined ? {} : { fromSavepoint: from }),
      })
      const told = options.isSilent
        ? []
        : await client.collect<Told>('told', ({ length }) => length > 24)
      const { checkpoints } = await client.until(
        (details) => (details.checkpoints?.completedCount ?? 0) >= 2,
      )
      await client.cancel()
      await client.result()
      const checkpoint = checkpoints?.latestCompleted?.location
      assert.ok(checkpoint !== undefined)
      await cluster.untilIdle()
      return { told, checkpoint: checkpoint.replace(/\/_metadata$/, '') }
    }

    test('there is something to expect of every change', () => {
      assert.deepEqual(Object.keys(expectations), Object.keys(changes))
      assert.ok(Object.keys(changes).length >= 30)
    })

    for (const [change, expected] of Object.entries(expectations)) {
      if (backend === 'leveldb' && expected.isOfState !== true) continue
      test(change, { timeout }, async () => {
        const { verdicts, code, reason, drop, anew = [], isSilent = false } = expected
        const options = { args: { change }, configuration, fromSavepoint: savepoint }
        const { states: rows, problems } = await cluster.planRestore(module, options)
        assert.deepEqual(problems, [])
        // Whether the sink had anything left to tell is chance.
        const changed = rows.filter(
          ({ verdict, state }) => verdict !== 'kept' && state !== '_writer:collect',
        )
        assert.deepEqual(
          Object.fromEntries(
            changed.map(({ operator, state, verdict }) => [`${operator}/${state}`, verdict]),
          ),
          verdicts,
        )
        const refused = rows.filter(({ isRefused }) => isRefused)
        assert.equal(refused.length > 0, code !== undefined)
        if (code !== undefined) {
          if (reason !== undefined)
            assert.match(refused.map((row) => row.reason).join('\n'), reason)
          await assert.rejects(
            cluster.submit(module, options),
            (error: Error & { code: string }) => {
              assert.equal(error.code, code)
              for (const row of refused)
                assert.ok(error.message.includes(row.reason), error.message)
              return true
            },
          )
          if (drop === undefined) return
        }
        const from = { from: savepoint, isSilent, ...(drop === undefined ? {} : { drop }) }
        const { told, checkpoint } = await run(change, from)
        if (!isSilent) check(told, anew)
        if (expected.isOfState !== true) return
        // What it has saved then needs none of this any more.
        const again = { args: { change }, configuration, fromSavepoint: checkpoint }
        const { states: later } = await cluster.planRestore(module, again)
        assert.deepEqual(
          later.filter(({ verdict }) => verdict !== 'kept'),
          [],
        )
        check((await run(change, { from: checkpoint, isSilent })).told, anew, false)
      })
    }
  })
}
