/** What a task spent its time on, as in Flink: busy, idle, or held back by what follows it. */
export class TimeAccounts {
  busyMs = 0
  idleMs = 0
  backPressuredMs = 0
  /** Set where the task did something; taken back with each booking. */
  hasWorked = false

  /** Books a turn of the loop, or the time it stood still. */
  book(
    elapsedMs: number,
    state: { readonly isParked: boolean; readonly isHeldBack: boolean },
  ): void {
    if (this.hasWorked && !state.isParked) this.busyMs += elapsedMs
    else if (state.isHeldBack) this.backPressuredMs += elapsedMs
    else this.idleMs += elapsedMs
    this.hasWorked = false
  }
}
