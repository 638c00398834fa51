// What a backend's snapshots are compared with.

import type { StateTtlConfig } from '@millrace/core'
import { modelStates, type States } from './keyed-state-model-test-support.ts'
import { ModelEntries } from './model-state-test-support.ts'
import type { TestClock } from './test-clock-test-support.ts'

const five = { length: 5 }

/** All states and timers, as simply as can be. */
export class SnapshotModel {
  readonly entries: readonly ModelEntries[]
  readonly states: States
  readonly timers: ModelTimer[]
  readonly sealedAtMs: number
  cell = ''
  readonly #clock: TestClock

  static empty(clock: TestClock, ttl: StateTtlConfig | undefined): SnapshotModel {
    return new SnapshotModel(clock, [], (scope) =>
      Array.from(five, () => new ModelEntries(scope, ttl)),
    )
  }

  constructor(
    clock: TestClock,
    timers: readonly ModelTimer[],
    entriesOf: (scope: SnapshotModel) => readonly ModelEntries[],
  ) {
    this.#clock = clock
    this.sealedAtMs = clock.nowMs
    this.timers = [...timers]
    this.entries = entriesOf(this)
    let next = 0
    this.states = modelStates(() => this.entries[next++] as ModelEntries)
  }

  get nowMs(): number {
    return this.#clock.nowMs
  }

  copy(): SnapshotModel {
    const copy = new SnapshotModel(this.#clock, this.timers, (scope) =>
      this.entries.map((each) => each.copy(scope)),
    )
    copy.cell = this.cell
    return copy
  }
}

/** A timer, with the hash of its key. */
export interface ModelTimer {
  readonly key: string
  readonly hash: number
  readonly namespace: string
  readonly timestamp: number
}

export function isSameTimer(one: ModelTimer, other: ModelTimer): boolean {
  const isSame = one.key === other.key && one.namespace === other.namespace
  return isSame && one.timestamp === other.timestamp
}
