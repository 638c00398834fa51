/**
 * Settings of both ends of sessions. The JobManager's heartbeat settings win over the
 * TaskManager's.
 */
export interface SessionOptions {
  /** Each end sends a heartbeat this often. */
  readonly heartbeatIntervalMs: number
  /** A session closes when nothing was heard for this long. */
  readonly heartbeatTimeoutMs: number
  /** Messages not acknowledged yet; one more closes the session. */
  readonly resendMessageCountMax: number
  /** Bytes, estimated, of messages not acknowledged yet; more closes the session. */
  readonly resendBytesMax: number
  /** Pause before a TaskManager dials again; doubles with every failure. */
  readonly reconnectDelayInitialMs: number
  readonly reconnectDelayMsMax: number
}

export interface SessionServerOptions extends SessionOptions {
  /** Of the JobManager; 0 without high availability. TaskManagers refuse a lower one than seen. */
  readonly epoch: number
}

export const sessionOptionsDefault: SessionOptions = {
  heartbeatIntervalMs: 1000,
  heartbeatTimeoutMs: 5000,
  resendMessageCountMax: 65_536,
  resendBytesMax: 64 * 1024 * 1024,
  reconnectDelayInitialMs: 50,
  reconnectDelayMsMax: 1000,
}
