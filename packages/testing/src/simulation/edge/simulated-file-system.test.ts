import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FileSystemCheckpointStorage } from '@millrace/state'
import { testCheckpointStorage } from '../../contract/checkpoint-storage-contract.ts'
import { Actor } from '../world/actor.ts'
import { Simulation } from '../world/simulation.ts'
import { SimulatedDisk, SimulatedFileSystem } from './simulated-file-system.ts'

class Machine {
  readonly simulation: Simulation
  readonly disk: SimulatedDisk = new SimulatedDisk()
  #count = 0

  constructor(seed: number) {
    this.simulation = new Simulation(seed)
  }

  process(location: string = '/checkpoints/job'): {
    readonly actor: Actor
    readonly storage: FileSystemCheckpointStorage
  } {
    const actor = new Actor(`process ${this.#count++}`, 'host')
    const files = new SimulatedFileSystem(this.simulation, actor, this.disk)
    return { actor, storage: new FileSystemCheckpointStorage(files, location) }
  }

  /** Lets time pass until `body` is over. */
  async run(body: () => Promise<void>): Promise<void> {
    let isOver = false
    const over = body().finally(() => {
      isOver = true
    })
    over.catch(() => {})
    await this.simulation.run(1_000_000, () => isOver)
    await over
  }

  async runFor(durationMs: number): Promise<void> {
    await this.simulation.run(this.simulation.nowMs + durationMs)
  }
}

for (const tearsWrites of [false, true]) {
  let machine = new Machine(1)
  let jobCount = 0
  testCheckpointStorage((name, body) => test(`${name} (torn: ${tearsWrites})`, body), {
    open: () => machine.process(`/checkpoints/job-${jobCount++}`).storage,
    reopen: ({ location }) => machine.process(location).storage,
    run: (body) => {
      machine = new Machine(1)
      machine.disk.tearsWrites = tearsWrites
      return machine.run(body)
    },
  })
}

test('a process killed in the middle of a write leaves nothing under the name', async () => {
  let leftCount = 0
  for (let seed = 0; seed < 200; seed++) {
    const machine = new Machine(seed)
    machine.disk.tearsWrites = true
    const { actor, storage } = machine.process()
    const content = Buffer.alloc(100, 'x')
    storage.create('chk-1/_metadata', content).catch(() => {})
    await machine.runFor((seed / 200) * 4)
    actor.kill()
    await machine.runFor(10)
    const survivor = machine.process().storage
    await machine.run(async () => {
      const names = await survivor.list('')
      assert.deepEqual(names, names.length === 0 ? [] : ['chk-1/_metadata'])
      for (const name of names) assert.ok(content.equals(await survivor.read(name)))
      const left = (await survivor.inspect('')).filter(({ name }) => name.endsWith('.tmp'))
      if (left.length > 0) assert.deepEqual(names, [])
      leftCount += left.length
    })
  }
  assert.ok(leftCount > 20, `${leftCount} of 200 were torn`)
})

test('a process that was stopped in the middle finds the name taken when it wakes', async () => {
  const machine = new Machine(7)
  machine.disk.tearsWrites = true
  const old = machine.process()
  let answer: boolean | undefined
  old.storage.create('chk-1/_metadata', Buffer.from('old')).then((isMade) => {
    answer = isMade
  })
  while (![...machine.disk.files.keys()].some((name) => name.endsWith('.tmp'))) {
    await machine.runFor(0.01)
  }
  old.actor.stop()
  const { storage } = machine.process()
  await machine.run(async () => {
    assert.equal(await storage.create('chk-1/_metadata', Buffer.from('new')), true)
  })
  machine.simulation.resume(old.actor)
  await machine.runFor(10)
  assert.equal(answer, false)
  const left = [...machine.disk.files.values()].map((content) => Buffer.from(content).toString())
  assert.deepEqual(left, ['new'])
})

test('a full disk is named, and nothing is left', async () => {
  const machine = new Machine(3)
  machine.disk.isFull = true
  const { storage } = machine.process()
  await machine.run(async () => {
    await assert.rejects(storage.write('a/1', Buffer.from('one')), {
      code: 'FILE_WRITE_FAILED',
      message: /\/checkpoints\/job\/a\/1 could not be written: no space/,
    })
    assert.deepEqual(await storage.inspect(''), [])
    machine.disk.isFull = false
    await storage.write('a/1', Buffer.from('one'))
  })
})
