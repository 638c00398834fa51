import type { handleUnaryCall, ServerReadableStream } from '@grpc/grpc-js'
import { BundleHash, type BundleReference, JobId, MillraceError } from '@millrace/core'
import {
  decodeJobSubmission,
  decodeLogRequest,
  decodeResultRequest,
  encodeClusterOverview,
  encodeCollectedResults,
  encodeJobDetails,
  encodeJobOverview,
} from '../codec/dispatcher-codec.ts'
import { decodeMessage, messageInvalid } from '../codec/enum-codec.ts'
import { decodeBundleReference, encodeJobGraph } from '../codec/job-codec.ts'
import { decodeRescaleRequest } from '../codec/rescale-codec.ts'
import { encodeRestorePlan } from '../codec/restore-plan-codec.ts'
import { decodeSavepointRequest, encodeSavepointDetails } from '../codec/savepoint-codec.ts'
import type { DispatcherGateway } from '../gateway/dispatcher-gateway.ts'
import type { DispatcherHandlers } from '../generated/millrace/v1/Dispatcher.ts'
import type { UploadBundleRequest__Output } from '../generated/millrace/v1/UploadBundleRequest.ts'
import type { UploadBundleResponse } from '../generated/millrace/v1/UploadBundleResponse.ts'
import { statusOf } from './call-error.ts'

/** Answers the Dispatcher's calls by a gateway. */
export function dispatcherService(dispatcher: DispatcherGateway): DispatcherHandlers {
  return {
    UploadBundle: (call, callback) => {
      uploadBundle(dispatcher, call).then(
        (response) => callback(null, response),
        (error: unknown) => callback(statusOf(error)),
      )
    },
    HasBundle: unary(
      'HasBundleRequest',
      ({ hash }) => BundleHash.parse(hash),
      async (hash) => ({ isPresent: await dispatcher.hasBundle(hash) }),
    ),
    SubmitJob: unary('JobSubmission', decodeJobSubmission, async (submission) => ({
      jobId: await dispatcher.submitJob(submission),
    })),
    PlanJob: unary('JobSubmission', decodeJobSubmission, async (submission) =>
      encodeJobGraph(await dispatcher.planJob(submission)),
    ),
    PlanRestore: unary('JobSubmission', decodeJobSubmission, async (submission) =>
      encodeRestorePlan(await dispatcher.planRestore(submission)),
    ),
    ListJobs: unary('ListJobsRequest', ignore, async () => ({
      jobs: (await dispatcher.listJobs()).map(encodeJobOverview),
    })),
    RequestJob: unary(
      'RequestJobRequest',
      ({ jobId }) => JobId.parse(jobId),
      async (jobId) => encodeJobDetails(await dispatcher.requestJob(jobId)),
    ),
    CancelJob: unary(
      'CancelJobRequest',
      ({ jobId }) => JobId.parse(jobId),
      async (jobId) => {
        await dispatcher.cancelJob(jobId)
        return {}
      },
    ),
    RescaleJob: unary('RescaleJobRequest', decodeRescaleRequest, async (request) => ({
      ...(await dispatcher.rescaleJob(request)),
    })),
    TriggerSavepoint: unary('TriggerSavepointRequest', decodeSavepointRequest, async (request) => ({
      savepointId: await dispatcher.triggerSavepoint(request),
    })),
    RequestSavepoints: unary(
      'RequestSavepointsRequest',
      ({ jobId }) => JobId.parse(jobId),
      async (jobId) => ({
        savepoints: (await dispatcher.requestSavepoints(jobId)).map(encodeSavepointDetails),
      }),
    ),
    RequestClusterOverview: unary('RequestClusterOverviewRequest', ignore, async () =>
      encodeClusterOverview(await dispatcher.requestClusterOverview()),
    ),
    FetchResults: unary('FetchResultsRequest', decodeResultRequest, async (request) =>
      encodeCollectedResults(await dispatcher.fetchResults(request)),
    ),
    RequestLogs: unary('RequestLogsRequest', decodeLogRequest, async (request) => ({
      lines: [...(await dispatcher.requestLogs(request))],
    })),
  }
}

function ignore(): void {}

function unary<Request, Decoded, Response>(
  requestName: string,
  decode: (request: Request) => Decoded,
  handle: (request: Decoded) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  const answer = async (request: Request): Promise<Response> =>
    handle(decodeMessage(requestName, () => decode(request)))
  return (call, callback) => {
    answer(call.request).then(
      (response) => callback(null, response),
      (error: unknown) => callback(statusOf(error)),
    )
  }
}

type UploadCall = ServerReadableStream<UploadBundleRequest__Output, UploadBundleResponse>

async function uploadBundle(
  dispatcher: DispatcherGateway,
  call: UploadCall,
): Promise<UploadBundleResponse> {
  const requests: AsyncIterator<UploadBundleRequest__Output> = call[Symbol.asyncIterator]()
  const first = await requests.next()
  const { expected } = first.done ? {} : first.value
  if (!expected) throw messageInvalid('UploadBundleRequest does not begin with `expected`')
  const reference = decodeMessage('UploadBundleRequest', () => decodeBundleReference(expected))
  await dispatcher.uploadBundle(reference, chunksOf(requests, reference))
  return {}
}

async function* chunksOf(
  requests: AsyncIterator<UploadBundleRequest__Output>,
  expected: BundleReference,
): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0
  for (let next = await requests.next(); !next.done; next = await requests.next()) {
    const { chunk } = next.value
    if (!chunk) throw messageInvalid('UploadBundleRequest has no `chunk`')
    sizeBytes += chunk.data.byteLength
    yield chunk.data
  }
  // A call that its client cancels ends like one that is complete.
  if (sizeBytes < expected.sizeBytes) throw brokenOff(sizeBytes, expected)
}

function brokenOff(sizeBytes: number, expected: BundleReference): MillraceError {
  return new MillraceError(
    'RPC_FAILED',
    `The upload of bundle ${expected.hash} was broken off after ${sizeBytes} of ` +
      `${expected.sizeBytes} bytes: submit the job again.`,
    { disposition: 'reject-request', blame: 'external', details: { sizeBytes } },
  )
}
