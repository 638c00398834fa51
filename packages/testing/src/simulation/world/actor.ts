/**
 * Something that runs events one after the other: a process, or a thread inside one. What it does
 * after it died, or while it is stopped, reaches nobody.
 */
export class Actor {
  readonly name: string
  /** The machine it runs on; partitions are between hosts. */
  readonly host: string
  readonly parent: Actor | undefined
  readonly #children = new Set<Actor>()
  readonly #deathCallbacks = new Set<() => void>()
  #isAlive = true
  #isStopped = false

  constructor(name: string, host: string, parent?: Actor) {
    this.name = name
    this.host = host
    this.parent = parent
    parent?.adopt(this)
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  /** It, or the process it is part of, stands still: its events wait. */
  get isStopped(): boolean {
    return this.#isStopped || this.parent?.isStopped === true
  }

  /** Whether what it does now has any effect. */
  get isRunning(): boolean {
    return this.#isAlive && !this.isStopped
  }

  get children(): ReadonlySet<Actor> {
    return this.#children
  }

  adopt(child: Actor): void {
    this.#children.add(child)
  }

  /** SIGSTOP for a process, an endless loop for a thread. */
  stop(): void {
    this.#isStopped = true
  }

  resume(): void {
    this.#isStopped = false
  }

  /** Ends it and its threads at once; sockets and timers go with it. */
  kill(): void {
    if (!this.#isAlive) return
    for (const child of [...this.#children]) child.kill()
    this.#isAlive = false
    this.parent?.abandon(this)
    for (const callback of [...this.#deathCallbacks]) callback()
    this.#deathCallbacks.clear()
  }

  abandon(child: Actor): void {
    this.#children.delete(child)
  }

  /** Calls `callback` when it dies; the answer takes that back. */
  onDeath(callback: () => void): () => void {
    this.#deathCallbacks.add(callback)
    return () => this.#deathCallbacks.delete(callback)
  }
}
