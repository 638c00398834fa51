import type { SplitEnumerator, SplitEnumeratorContext } from '@millrace/api'
import type { SocketAddress } from './socket-access.ts'

/** Gives the one connection to the reader that asks first. */
export class SocketEnumerator implements SplitEnumerator<SocketAddress, readonly SocketAddress[]> {
  readonly #context: SplitEnumeratorContext<SocketAddress>
  #pending: readonly SocketAddress[]

  constructor(context: SplitEnumeratorContext<SocketAddress>, pending: readonly SocketAddress[]) {
    this.#context = context
    this.#pending = pending
  }

  start(): void {}

  handleSplitRequest(subtaskIndex: number): void {
    if (this.#pending.length > 0) this.#context.assignSplits(subtaskIndex, this.#pending)
    this.#pending = []
    this.#context.signalNoMoreSplits(subtaskIndex)
  }

  addSplitsBack(splits: readonly SocketAddress[], _subtaskIndex: number): void {
    this.#pending = [...this.#pending, ...splits]
  }

  addReader(_subtaskIndex: number): void {}

  snapshotState(_checkpointId: number): readonly SocketAddress[] {
    return this.#pending
  }

  close(): void {}
}
