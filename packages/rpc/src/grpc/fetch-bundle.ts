import {
  type ChannelCredentials,
  credentials as channelCredentials,
  type ServiceError,
} from '@grpc/grpc-js'
import type { BundleHash } from '@millrace/core'
import type { BundleChunk__Output } from '../generated/millrace/v1/BundleChunk.ts'
import { errorOf } from './call-error.ts'
import { clientOptions } from './channel-options.ts'
import { resourceManagerProto } from './proto-definition.ts'

const fetchTimeoutMs = 600_000

/** A bundle from the JobManager at `address`, in pieces. Whoever reads it checks its hash. */
export async function* fetchBundle(
  address: string,
  hash: BundleHash,
  credentials: ChannelCredentials = channelCredentials.createInsecure(),
): AsyncGenerator<Uint8Array> {
  const client = new resourceManagerProto(address, credentials, clientOptions)
  const call = client.fetchBundle({ hash }, { deadline: Date.now() + fetchTimeoutMs })
  const chunks: AsyncIterable<BundleChunk__Output> = call
  try {
    for await (const { data } of chunks) yield data
  } catch (error) {
    const target = { address, call: 'FetchBundle', timeoutMs: fetchTimeoutMs }
    throw errorOf(error as ServiceError, target)
  } finally {
    call.cancel()
    client.close()
  }
}
