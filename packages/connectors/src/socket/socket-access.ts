export interface SocketAddress {
  readonly host: string
  readonly port: number
}

/** A connection; closed by either side it says `onClosed`, once. */
export interface SocketConnection {
  /** Makes the peer wait; what is under way may still arrive. */
  pause(): void
  resume(): void
  close(): void
}

export interface SocketHandler {
  /** The bytes may be kept. */
  onData(bytes: Buffer): void
  /** `error` where it could not be made, or broke. Nothing follows. */
  onClosed(error: Error | undefined): void
}

/** How a SocketTextSource reaches its peer. */
export interface SocketAccess {
  connect(address: SocketAddress, handler: SocketHandler): SocketConnection
}
