import { once } from 'node:events'
import {
  type ChannelCredentials,
  type ClientWritableStream,
  credentials as channelCredentials,
  type ServiceError,
} from '@grpc/grpc-js'
import {
  type BundleHash,
  type BundleReference,
  type CollectedResults,
  type JobGraph,
  JobId,
  type RestorePlan,
  SavepointId,
} from '@millrace/core'
import {
  decodeClusterOverview,
  decodeCollectedResults,
  decodeJobDetails,
  decodeJobOverview,
  encodeJobSubmission,
  encodeLogRequest,
} from '../codec/dispatcher-codec.ts'
import { decodeMessage } from '../codec/enum-codec.ts'
import { decodeJobGraph, encodeBundleReference } from '../codec/job-codec.ts'
import { decodeRestorePlan } from '../codec/restore-plan-codec.ts'
import { decodeSavepointDetails, encodeSavepointRequest } from '../codec/savepoint-codec.ts'
import type {
  ClusterOverview,
  DispatcherGateway,
  JobDetails,
  JobOverview,
  JobSubmission,
  LogRequest,
  ResultRequest,
} from '../gateway/dispatcher-gateway.ts'
import type { RescaleAnswer, RescaleRequest } from '../gateway/rescale-details.ts'
import type { SavepointDetails, SavepointRequest } from '../gateway/savepoint-details.ts'
import type { CancelJobResponse__Output } from '../generated/millrace/v1/CancelJobResponse.ts'
import type { ClusterOverview__Output } from '../generated/millrace/v1/ClusterOverview.ts'
import type { CollectedResults__Output } from '../generated/millrace/v1/CollectedResults.ts'
import type { DispatcherClient as DispatcherStub } from '../generated/millrace/v1/Dispatcher.ts'
import type { HasBundleResponse__Output } from '../generated/millrace/v1/HasBundleResponse.ts'
import type { JobDetails__Output } from '../generated/millrace/v1/JobDetails.ts'
import type { JobGraph__Output } from '../generated/millrace/v1/JobGraph.ts'
import type { ListJobsResponse__Output } from '../generated/millrace/v1/ListJobsResponse.ts'
import type { RequestLogsResponse__Output } from '../generated/millrace/v1/RequestLogsResponse.ts'
import type { RequestSavepointsResponse__Output } from '../generated/millrace/v1/RequestSavepointsResponse.ts'
import type { RescaleJobResponse__Output } from '../generated/millrace/v1/RescaleJobResponse.ts'
import type { RestorePlan__Output } from '../generated/millrace/v1/RestorePlan.ts'
import type { SubmitJobResponse__Output } from '../generated/millrace/v1/SubmitJobResponse.ts'
import type { TriggerSavepointResponse__Output } from '../generated/millrace/v1/TriggerSavepointResponse.ts'
import type { UploadBundleRequest } from '../generated/millrace/v1/UploadBundleRequest.ts'
import { type CallTarget, errorOf } from './call-error.ts'
import { bundleChunkBytes, clientOptions } from './channel-options.ts'
import { dispatcherProto } from './proto-definition.ts'
import { splitChunks } from './split-chunks.ts'

export interface DispatcherClientOptions {
  /** How long the JobManager may take to answer. */
  readonly callTimeoutMs: number
  /** The same for calls that run the job function. */
  readonly buildTimeoutMs: number
  /** The same for calls that read a savepoint, and may have to copy it. */
  readonly restoreTimeoutMs: number
  /** The same for a whole upload. */
  readonly uploadTimeoutMs: number
  readonly credentials: ChannelCredentials
}

/** A Dispatcher over gRPC. Errors are those of the JobManager, or say why there is none. */
export interface DispatcherClient extends DispatcherGateway {
  close(): void
}

/** Connects with the first call; `close` it when done. */
export function createDispatcherClient(
  address: string,
  options: Partial<DispatcherClientOptions> = {},
): DispatcherClient {
  return new GrpcDispatcherClient(address, {
    callTimeoutMs: 30_000,
    buildTimeoutMs: 120_000,
    restoreTimeoutMs: 1_800_000,
    uploadTimeoutMs: 600_000,
    credentials: channelCredentials.createInsecure(),
    ...options,
  })
}

type Callback<Response> = (error: ServiceError | null, response?: Response) => void

class GrpcDispatcherClient implements DispatcherClient {
  readonly #address: string
  readonly #options: DispatcherClientOptions
  readonly #stub: DispatcherStub

  constructor(address: string, options: DispatcherClientOptions) {
    this.#address = address
    this.#options = options
    this.#stub = new dispatcherProto(address, options.credentials, clientOptions)
  }

  close(): void {
    this.#stub.close()
  }

  async uploadBundle(expected: BundleReference, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const target = this.#target('UploadBundle', this.#options.uploadTimeoutMs)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const call = this.#stub.uploadBundle(deadlineOf(target), (error) => {
      if (error === null) resolve()
      else reject(errorOf(error, target))
    })
    const stop = new AbortController()
    try {
      await Promise.race([writeBundle(call, { expected, chunks }, stop.signal), promise])
    } catch (error) {
      call.cancel()
      // Of a call that failed, the answer says why; the chunks' own failure says it itself.
      promise.catch(() => {})
      throw error
    } finally {
      stop.abort()
    }
    return promise
  }

  async hasBundle(hash: BundleHash): Promise<boolean> {
    const { isPresent } = await this.#call<HasBundleResponse__Output>(
      this.#target('HasBundle'),
      (options, callback) => this.#stub.hasBundle({ hash }, options, callback),
    )
    return isPresent
  }

  async submitJob(submission: JobSubmission): Promise<JobId> {
    const isRestored = 'execution.state-recovery.path' in submission.config
    const { buildTimeoutMs, restoreTimeoutMs } = this.#options
    const target = this.#target('SubmitJob', isRestored ? restoreTimeoutMs : buildTimeoutMs)
    const { jobId } = await this.#call<SubmitJobResponse__Output>(target, (options, callback) =>
      this.#stub.submitJob(encodeJobSubmission(submission), options, callback),
    )
    return decodeMessage('SubmitJobResponse', () => JobId.parse(jobId))
  }

  async planJob(submission: JobSubmission): Promise<JobGraph> {
    const target = this.#target('PlanJob', this.#options.buildTimeoutMs)
    const graph = await this.#call<JobGraph__Output>(target, (options, callback) =>
      this.#stub.planJob(encodeJobSubmission(submission), options, callback),
    )
    return decodeMessage('JobGraph', () => decodeJobGraph(graph))
  }

  async planRestore(submission: JobSubmission): Promise<RestorePlan> {
    const target = this.#target('PlanRestore', this.#options.restoreTimeoutMs)
    const plan = await this.#call<RestorePlan__Output>(target, (options, callback) =>
      this.#stub.planRestore(encodeJobSubmission(submission), options, callback),
    )
    return decodeMessage('RestorePlan', () => decodeRestorePlan(plan))
  }

  async listJobs(): Promise<readonly JobOverview[]> {
    const { jobs } = await this.#call<ListJobsResponse__Output>(
      this.#target('ListJobs'),
      (options, callback) => this.#stub.listJobs({}, options, callback),
    )
    return decodeMessage('ListJobsResponse', () => jobs.map(decodeJobOverview))
  }

  async requestJob(jobId: JobId): Promise<JobDetails> {
    const details = await this.#call<JobDetails__Output>(
      this.#target('RequestJob'),
      (options, callback) => this.#stub.requestJob({ jobId }, options, callback),
    )
    return decodeMessage('JobDetails', () => decodeJobDetails(details))
  }

  async cancelJob(jobId: JobId): Promise<void> {
    await this.#call<CancelJobResponse__Output>(this.#target('CancelJob'), (options, callback) =>
      this.#stub.cancelJob({ jobId }, options, callback),
    )
  }

  async rescaleJob(request: RescaleRequest): Promise<RescaleAnswer> {
    const target = this.#target('RescaleJob', this.#options.buildTimeoutMs)
    const { isUnchanged } = await this.#call<RescaleJobResponse__Output>(
      target,
      (options, callback) => this.#stub.rescaleJob({ ...request }, options, callback),
    )
    return { isUnchanged }
  }

  async triggerSavepoint(request: SavepointRequest): Promise<SavepointId> {
    const { savepointId } = await this.#call<TriggerSavepointResponse__Output>(
      this.#target('TriggerSavepoint'),
      (options, callback) =>
        this.#stub.triggerSavepoint(encodeSavepointRequest(request), options, callback),
    )
    return decodeMessage('TriggerSavepointResponse', () => SavepointId.parse(savepointId))
  }

  async requestSavepoints(jobId: JobId): Promise<readonly SavepointDetails[]> {
    const { savepoints } = await this.#call<RequestSavepointsResponse__Output>(
      this.#target('RequestSavepoints'),
      (options, callback) => this.#stub.requestSavepoints({ jobId }, options, callback),
    )
    return decodeMessage('RequestSavepointsResponse', () => savepoints.map(decodeSavepointDetails))
  }

  async requestClusterOverview(): Promise<ClusterOverview> {
    const target = this.#target('RequestClusterOverview')
    const overview = await this.#call<ClusterOverview__Output>(target, (options, callback) =>
      this.#stub.requestClusterOverview({}, options, callback),
    )
    return decodeMessage('ClusterOverview', () => decodeClusterOverview(overview))
  }

  async fetchResults(request: ResultRequest): Promise<CollectedResults> {
    const timeoutMs = request.waitMsMax + this.#options.callTimeoutMs
    const results = await this.#call<CollectedResults__Output>(
      this.#target('FetchResults', timeoutMs),
      (options, callback) => this.#stub.fetchResults({ ...request }, options, callback),
    )
    return decodeMessage('CollectedResults', () => decodeCollectedResults(results))
  }

  async requestLogs(request: LogRequest): Promise<readonly string[]> {
    const { lines } = await this.#call<RequestLogsResponse__Output>(
      this.#target('RequestLogs'),
      (options, callback) => this.#stub.requestLogs(encodeLogRequest(request), options, callback),
    )
    return lines
  }

  #target(call: string, timeoutMs: number = this.#options.callTimeoutMs): CallTarget {
    return { address: this.#address, call, timeoutMs }
  }

  #call<Response>(
    target: CallTarget,
    start: (options: { readonly deadline: number }, callback: Callback<Response>) => unknown,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      start(deadlineOf(target), (error, response) => {
        if (error !== null) reject(errorOf(error, target))
        else if (response !== undefined) resolve(response)
      })
    })
  }
}

function deadlineOf(target: CallTarget): { readonly deadline: number } {
  return { deadline: Date.now() + target.timeoutMs }
}

/** Writes all, or until `signal`: the JobManager may answer before. */
async function writeBundle(
  call: ClientWritableStream<UploadBundleRequest>,
  bundle: { readonly expected: BundleReference; readonly chunks: AsyncIterable<Uint8Array> },
  signal: AbortSignal,
): Promise<void> {
  call.write({ expected: encodeBundleReference(bundle.expected) })
  for await (const data of splitChunks(bundle.chunks, bundleChunkBytes)) {
    if (signal.aborted) return
    if (!call.write({ chunk: { data } })) await once(call, 'drain', { signal })
  }
  call.end()
}
