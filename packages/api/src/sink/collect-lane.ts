import type { CollectLaneState } from './collect-event.ts'

/** Records below `upTo` were fetched after that snapshot of the coordinator. */
interface FetchMark {
  readonly upTo: number
  readonly snapshotId: number
}

// Invariants
//  - A lane keeps each record until it was fetched, and after that until no checkpoint that is
//    still to be taken could count it as not fetched: one whose coordinator was snapshotted before
//    the fetch. So what was fetched stays at most while a barrier is on its way, and what it
//    overtakes lies in channels, which are bounded.

/** What a collect writer keeps of one lane: its own, or one of an earlier attempt. */
export class CollectLane {
  readonly name: string
  /** Number of the next record. */
  end: number
  /** Records below it were fetched. */
  fetched: number
  #first: number
  #records: Uint8Array[]
  #marks: FetchMark[] = []

  constructor({ lane, first, records }: CollectLaneState) {
    this.name = lane
    this.#first = first
    this.fetched = first
    this.end = first + records.length
    this.#records = [...records]
  }

  get isEmpty(): boolean {
    return this.#records.length === 0
  }

  add(record: Uint8Array): void {
    this.#records.push(record)
    this.end++
  }

  /** Records from `first` on. */
  from(first: number): readonly Uint8Array[] {
    return this.#records.slice(first - this.#first)
  }

  /** Those that are fetched now; `passedId` is the latest checkpoint the writer took part in. */
  acknowledge(mark: FetchMark, passedId: number): readonly Uint8Array[] {
    if (mark.upTo <= this.fetched) return []
    const fetched = this.#records.slice(this.fetched - this.#first, mark.upTo - this.#first)
    this.fetched = mark.upTo
    this.#marks.push(mark)
    this.#forget(passedId)
    return fetched
  }

  /** What has to be sent again where this checkpoint is restored. */
  snapshot(checkpointId: number): CollectLaneState {
    this.#forget(checkpointId - 1)
    const state = { lane: this.name, first: this.#first, records: [...this.#records] }
    this.#forget(checkpointId)
    return state
  }

  #forget(snapshotId: number): void {
    let upTo = this.#first
    let mark = this.#marks[0]
    while (mark !== undefined && mark.snapshotId <= snapshotId) {
      upTo = mark.upTo
      this.#marks.shift()
      mark = this.#marks[0]
    }
    this.#records.splice(0, upTo - this.#first)
    this.#first = upTo
  }
}
