/** `host:port` (IPv6 in brackets) of a slot's data port. */
export type DataAddress = string

/**
 * One connection between two slots: bytes in order, or closed. Bytes given to `write` belong to the
 * connection until `onWritten`; bytes given to `onData` belong to the receiver only during the
 * call.
 */
export interface DataConnection {
  /** Queues bytes; `onWritten` is called when they may be used again (also when it closed). */
  write(bytes: Uint8Array, onWritten?: () => void): void
  /** Closes at once; what is not written yet is lost. */
  close(): void
}

export interface DataConnectionHandler {
  onData(bytes: Uint8Array): void
  /** Called exactly once; `error` where it did not end by itself. No call follows it. */
  onClosed(error: Error | undefined): void
}

export interface DataListener {
  readonly address: DataAddress
  close(): void
}

/** How slots reach each other: TCP, or the simulation's network. */
export interface DataTransport {
  /** Takes connections. `accept` names the handler of each new one. */
  listen(accept: (connection: DataConnection) => DataConnectionHandler): Promise<DataListener>
  /** Resolves when connected; rejects with a MillraceError CONNECTION_LOST. */
  connect(address: DataAddress, handler: DataConnectionHandler): Promise<DataConnection>
}
