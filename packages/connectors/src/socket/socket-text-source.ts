import type {
  Source,
  SourceReader,
  SourceReaderContext,
  SplitEnumerator,
  SplitEnumeratorContext,
} from '@millrace/api'
import { type Boundedness, MillraceError } from '@millrace/core'
import { nodeSocketAccess } from '../io/node-socket-access.ts'
import {
  delimiterDefault,
  maxRetriesDefault,
  recordSizeMaxBytesDefault,
  retryDelayMsDefault,
  type SocketTextSourceOptions,
} from './options.ts'
import type { SocketAccess, SocketAddress } from './socket-access.ts'
import { SocketEnumerator } from './socket-enumerator.ts'
import { type SocketReaderOptions, SocketTextSourceReader } from './socket-text-source-reader.ts'

/**
 * Connects to a server and reads lines of UTF-8 text. One subtask does; others, if any, end at
 * once. A socket cannot be read again: what came before a restart is lost to it.
 *
 * ```ts
 * env.fromSource(new SocketTextSource('localhost', 9999), { name: 'lines', parallelism: 1 })
 * ```
 */
export class SocketTextSource implements Source<string, SocketAddress, readonly SocketAddress[]> {
  readonly kind = 'socket'
  readonly boundedness: Boundedness = 'continuous-unbounded'
  readonly #address: SocketAddress
  readonly #options: SocketReaderOptions
  readonly #access: SocketAccess

  constructor(
    host: string,
    port: number,
    options: SocketTextSourceOptions = {},
    access: SocketAccess = nodeSocketAccess,
  ) {
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      const message = `A SocketTextSource needs a port from 1 to 65535, not ${port}.`
      throw new MillraceError('ARGUMENT_INVALID', message, { blame: 'user' })
    }
    if (options.delimiter === '') {
      const message = 'The delimiter of a SocketTextSource must not be empty.'
      throw new MillraceError('ARGUMENT_INVALID', message, { blame: 'user' })
    }
    this.#address = { host, port }
    this.#access = access
    this.#options = {
      delimiter: options.delimiter ?? delimiterDefault,
      maxRetries: options.maxRetries ?? maxRetriesDefault,
      retryDelayMs: options.retryDelayMs ?? retryDelayMsDefault,
      recordSizeMaxBytes: options.recordSizeMaxBytes ?? recordSizeMaxBytesDefault,
    }
  }

  createEnumerator(
    context: SplitEnumeratorContext<SocketAddress>,
    restored: readonly SocketAddress[] | undefined,
  ): SplitEnumerator<SocketAddress, readonly SocketAddress[]> {
    return new SocketEnumerator(context, restored ?? [this.#address])
  }

  createReader(context: SourceReaderContext): SourceReader<string, SocketAddress> {
    return new SocketTextSourceReader(context, this.#access, this.#options)
  }
}
