import { Metadata, type ServerDuplexStream, type ServerWritableStream } from '@grpc/grpc-js'
import {
  assert,
  BundleHash,
  errorInfo,
  MillraceError,
  supervise,
  type TaskManagerMessage,
} from '@millrace/core'
import { decodeMessage } from '../codec/enum-codec.ts'
import { decodeTaskManagerFrame, encodeTaskExecutorFrame } from '../codec/session-frame-codec.ts'
import type { BundleChunk } from '../generated/millrace/v1/BundleChunk.ts'
import type { BundleRequest__Output } from '../generated/millrace/v1/BundleRequest.ts'
import type { ResourceManagerHandlers } from '../generated/millrace/v1/ResourceManager.ts'
import type { SessionFrame, SessionFrame__Output } from '../generated/millrace/v1/SessionFrame.ts'
import type { SessionFrame as Frame } from '../session/session-frame.ts'
import type { SessionServer } from '../session/session-server.ts'
import type { JobManagerWire } from '../session/session-wire.ts'
import { statusOf } from './call-error.ts'
import { bundleChunkBytes } from './channel-options.ts'
import { splitChunks } from './split-chunks.ts'

/** The bundle's bytes; rejects with FILE_NOT_FOUND where there is no such bundle. */
export type ReadBundle = (hash: BundleHash) => AsyncIterable<Uint8Array>

/** Answers TaskManagers: their sessions, their bundles. */
export function resourceManagerService(
  sessions: SessionServer,
  readBundle: ReadBundle,
): ResourceManagerHandlers {
  return {
    OpenSession: (call) => openSession(sessions, call),
    FetchBundle: (call) => {
      supervise(sendBundle(readBundle, call), (error) => call.emit('error', statusOf(error)))
    },
  }
}

type SessionCall = ServerDuplexStream<SessionFrame__Output, SessionFrame>

function openSession(sessions: SessionServer, call: SessionCall): void {
  let isWritable = true
  const wire: JobManagerWire = {
    send: (frame) => {
      if (isWritable) call.write(encodeTaskExecutorFrame(frame))
    },
    close: () => {
      if (isWritable) call.end()
      isWritable = false
    },
  }
  // The headers say that the connection is made, before either side speaks.
  call.sendMetadata(new Metadata())
  const handler = sessions.acceptWire(wire)
  let isClosed = false
  const close = (error?: Error): void => {
    if (isClosed) return
    isClosed = true
    wire.close()
    handler.onClosed(error)
  }
  call.on('data', (proto: SessionFrame__Output) => {
    if (isClosed) return
    const frame = decodeFrame(proto)
    if (!(frame instanceof MillraceError)) {
      handler.onFrame(frame)
      return
    }
    wire.send({ kind: 'refused', error: errorInfo(frame), epoch: 0 })
    close(frame)
  })
  call.on('end', () => close())
  call.on('error', (error) => close(error))
  call.on('cancelled', () => close(new Error('the connection broke')))
}

/** An error as a value: what the handler throws is another matter. */
function decodeFrame(proto: SessionFrame__Output): Frame<TaskManagerMessage> | MillraceError {
  try {
    return decodeMessage('SessionFrame', () => decodeTaskManagerFrame(proto))
  } catch (error) {
    assert(error instanceof MillraceError, 'Decoding fails with a MillraceError')
    return error
  }
}

async function sendBundle(
  readBundle: ReadBundle,
  call: ServerWritableStream<BundleRequest__Output, BundleChunk>,
): Promise<void> {
  const hash = decodeMessage('BundleRequest', () => BundleHash.parse(call.request.hash))
  // Not node:events' `once`: a call that fails would reject it where nobody looks any more.
  const closed = new Promise((resolve) => {
    call.once('close', resolve)
  })
  for await (const data of splitChunks(readBundle(hash), bundleChunkBytes)) {
    if (call.destroyed) return
    if (call.write({ data })) continue
    const drained = new Promise((resolve) => {
      call.once('drain', resolve)
    })
    await Promise.race([drained, closed])
  }
  call.end()
}
