import { type Random, randomBelow } from '@millrace/core'
import type { OutputFile, OutputFiles } from './output-files.ts'

interface Inode {
  bytes: Buffer
  /** What a loss of power leaves for sure. */
  syncedLength: number
}

/** Thrown by whatever a process does after it was killed. */
export class Killed extends Error {}

/** Files in memory that many processes share, and that forget what was not synced. */
export class SimulatedDisk {
  readonly #random: Random
  #entries = new Map<string, Inode>()
  /** As the last sync of the folder left them; then every change since. */
  #durable = new Map<string, Inode>()
  #changes: ((entries: Map<string, Inode>) => void)[] = []
  /** Operations done, by all processes. */
  operationCount = 0

  constructor(random: Random) {
    this.#random = random
  }

  get paths(): readonly string[] {
    return [...this.#entries.keys()].sort()
  }

  textOf(path: string): string {
    const inode = this.#entries.get(path)
    if (inode === undefined) throw new Error(`No file ${path}`)
    return inode.bytes.toString()
  }

  /** Bytes that are not synced, and changes of the folder, are lost from some moment on. */
  losePower(): void {
    const keptCount = randomBelow(this.#random, this.#changes.length + 1)
    const entries = new Map(this.#durable)
    for (const change of this.#changes.slice(0, keptCount)) change(entries)
    for (const inode of new Set(entries.values())) {
      const unsynced = inode.bytes.length - inode.syncedLength
      const kept = inode.syncedLength + randomBelow(this.#random, unsynced + 1)
      inode.bytes = inode.bytes.subarray(0, kept)
      inode.syncedLength = kept
    }
    this.#entries = entries
    this.#durable = new Map(entries)
    this.#changes = []
  }

  /** The disk as a process sees it, until it is killed: at the latest after so many operations. */
  process(operationCountMax: number = Number.POSITIVE_INFINITY): SimulatedProcess {
    return new SimulatedProcess(this, operationCountMax)
  }

  find(path: string): Inode | undefined {
    return this.#entries.get(path)
  }

  names(folder: string): readonly string[] {
    const prefix = `${folder}/`
    return this.paths.filter((path) => path.startsWith(prefix)).map((p) => p.slice(prefix.length))
  }

  change(change: (entries: Map<string, Inode>) => void): void {
    change(this.#entries)
    this.#changes.push(change)
  }

  syncFolder(): void {
    this.#durable = new Map(this.#entries)
    this.#changes = []
  }

  /** Some turns of the event loop's queue of promises: so operations of processes mix. */
  async pass(): Promise<void> {
    for (let turns = randomBelow(this.#random, 4); turns > 0; turns--) await undefined
  }
}

export class SimulatedProcess implements OutputFiles {
  readonly #disk: SimulatedDisk
  #operationsLeft: number

  constructor(disk: SimulatedDisk, operationCountMax: number) {
    this.#disk = disk
    this.#operationsLeft = operationCountMax
  }

  kill(): void {
    this.#operationsLeft = 0
  }

  async makeFolder(): Promise<void> {
    await this.operation()
  }

  async create(path: string): Promise<OutputFile> {
    await this.operation()
    if (this.#disk.find(path) !== undefined) throw new Error(`${path} is there already`)
    return this.#put(path, Buffer.alloc(0))
  }

  async copyStart(source: string, target: string, lengthBytes: number): Promise<OutputFile> {
    await this.operation()
    const inode = this.#need(source)
    if (inode.bytes.length < lengthBytes) throw new Error(`${source} is too short`)
    return this.#put(target, Buffer.from(inode.bytes.subarray(0, lengthBytes)))
  }

  async list(folder: string): Promise<readonly string[]> {
    await this.operation()
    return this.#disk.names(folder)
  }

  async sizeOf(path: string): Promise<number | undefined> {
    await this.operation()
    return this.#disk.find(path)?.bytes.length
  }

  async remove(path: string): Promise<void> {
    await this.operation()
    this.#disk.change((entries) => entries.delete(path))
  }

  async rename(source: string, target: string): Promise<void> {
    await this.operation()
    const inode = this.#need(source)
    this.#disk.change((entries) => {
      entries.delete(source)
      entries.set(target, inode)
    })
  }

  async syncFolder(): Promise<void> {
    await this.operation()
    this.#disk.syncFolder()
  }

  resolve(folder: string, name: string): string {
    return name === '.' ? folder : `${folder}/${name}`
  }

  /** One that the process may be killed before. */
  async operation(): Promise<void> {
    await this.#disk.pass()
    if (this.#operationsLeft <= 0) throw new Killed('the process was killed')
    this.#operationsLeft -= 1
    this.#disk.operationCount += 1
  }

  #need(path: string): Inode {
    const inode = this.#disk.find(path)
    if (inode === undefined) throw new Error(`${path} is not there`)
    return inode
  }

  #put(path: string, bytes: Buffer): OutputFile {
    const inode: Inode = { bytes, syncedLength: 0 }
    this.#disk.change((entries) => entries.set(path, inode))
    let isOpen = true
    return {
      write: async (more) => {
        await this.operation()
        if (!isOpen) throw new Error(`${path} is closed`)
        inode.bytes = Buffer.concat([inode.bytes, more])
      },
      sync: async () => {
        await this.operation()
        if (!isOpen) throw new Error(`${path} is closed`)
        inode.syncedLength = inode.bytes.length
      },
      close: async () => {
        isOpen = false
      },
    }
  }
}
