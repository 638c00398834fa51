/** What to do about one failure of a job. */
export type RestartDecision =
  | { readonly kind: 'restart'; readonly delayMs: number }
  /** `reason` says which bound was met and which keys raise it; '' where restarts are off. */
  | { readonly kind: 'give-up'; readonly reason: string }

/** Whether and when a job runs again after a failure. Pure: time is told. */
export interface RestartStrategy {
  /** Called once for each failover, in the order of their times. */
  onFailure(nowMs: number): RestartDecision
}
