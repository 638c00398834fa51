// `millrace info --from-savepoint` and `run --from-savepoint` as users call them.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'millrace-restore-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const module = join(folder, 'totals.ts')
const checkpoints = join(folder, 'checkpoints')

function writeJob(descriptor: string): void {
  const job = `
import { defineJob, KeyedProcessFunction, types, ValueStateDescriptor } from 'millrace'
import { DataGenSource, DiscardSink } from 'millrace/connectors'
class Totals extends KeyedProcessFunction {
  open(context) {
    this.total = context.getState(${descriptor})
  }
  processElement(number, context, out) {
    this.total.update((this.total.value() ?? 0) + number)
  }
}
export default defineJob('totals', (env) => {
  env
    .fromSource(new DataGenSource((n) => n, { recordsPerSecond: 100 }), { name: 'numbers' })
    .keyBy((n) => n % 3)
    .process(new Totals(), { name: 'totals' })
    .sinkTo(new DiscardSink(), { name: 'none' })
})`
  writeFileSync(module, job)
}

interface Started {
  readonly child: ChildProcess
  readonly output: () => string
  readonly says: (text: RegExp) => Promise<void>
  readonly ended: Promise<number>
}

function millrace(...words: readonly string[]): Started {
  const child = spawn(process.execPath, ['--conditions=source', main, ...words])
  let output = ''
  const waiting = new Map<RegExp, () => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      for (const [awaited, resolve] of waiting) if (awaited.test(output)) resolve()
    })
  }
  const ended = once(child, 'close').then(([code]) => code as number)
  const says = (text: RegExp): Promise<void> =>
    Promise.race([
      new Promise<void>((resolve) => {
        if (text.test(output)) resolve()
        else waiting.set(text, resolve)
      }),
      ended.then(() => assert.match(output, text)),
    ])
  return { child, output: () => output, says, ended }
}

test('a program is looked at before it is run from what another one saved', {
  timeout: 120_000,
}, async () => {
  const settings = [
    ...[`dir=${checkpoints}`, 'interval=100 ms', 'num-retained=50'],
    'externalized-checkpoint-retention=RETAIN_ON_CANCELLATION',
  ].flatMap((each) => ['--set', `execution.checkpointing.${each}`])
  writeJob(`new ValueStateDescriptor('total', types.float64)`)
  const before = millrace('run', module, '--local', '--verbose', ...settings)
  const found = async (): Promise<string> => {
    for (;;) {
      const names = readdirSync(folder, { recursive: true }).map(String)
      const metadata = names.find((name) => /chk-[2-9]\/_metadata$/.test(name))
      if (metadata !== undefined) return join(folder, metadata)
      await Promise.race([
        before.ended.then(() => assert.fail(before.output())),
        new Promise((resolve) => setTimeout(resolve, 50)),
      ])
    }
  }
  const savepoint = (await found()).replace(/\/_metadata$/, '')
  before.child.kill('SIGINT')
  assert.equal(await before.ended, 3, before.output())

  const same = millrace('info', module, '--from-savepoint', savepoint)
  assert.equal(await same.ended, 0, same.output())
  assert.match(same.output(), /totals +total +value +kept/)
  assert.match(same.output(), /It can be restored\./)

  writeJob(`new ValueStateDescriptor('sum', types.float64)`)
  const renamed = millrace('info', module, '--from-savepoint', savepoint)
  assert.equal(await renamed.ended, 1, renamed.output())
  assert.match(renamed.output(), /totals +total +value +dropped \(refused\)/)
  const json = millrace('info', module, '--json', '-s', savepoint, '--drop-state', 'totals/total')
  assert.equal(await json.ended, 0, json.output())
  const { states } = JSON.parse(json.output()) as { states: { state: string; verdict: string }[] }
  const verdicts = Object.fromEntries(states.map(({ state, verdict }) => [state, verdict]))
  assert.deepEqual([verdicts['total'], verdicts['sum']], ['dropped', 'new'])
  const refused = millrace('run', module, '--local', '-s', savepoint, ...settings)
  assert.equal(await refused.ended, 1, refused.output())
  assert.match(refused.output(), /SAVEPOINT_STATE_UNMAPPED/)
  assert.match(refused.output(), /--drop-state\s+'totals\/total'/)

  writeJob(`new ValueStateDescriptor('sum', types.float64, { movedFrom: 'total' })`)
  const later = millrace('run', module, '--local', '-s', savepoint, ...settings)
  await later.says(/RUNNING/)
  later.child.kill('SIGINT')
  assert.equal(await later.ended, 3, later.output())
})

test('options that say nothing by themselves, and paths that lead nowhere, are exit code 2', {
  timeout: 60_000,
}, async () => {
  writeJob(`new ValueStateDescriptor('total')`)
  const alone = millrace('info', module, '--drop-state', 'totals')
  const nowhere = millrace('run', module, '--local', '--from-savepoint', join(folder, 'nowhere'))
  assert.equal(await alone.ended, 2, alone.output())
  assert.match(alone.output(), /--from-savepoint: add it/)
  assert.equal(await nowhere.ended, 2, nowhere.output())
  assert.match(nowhere.output(), /SAVEPOINT_NOT_FOUND/)
})
