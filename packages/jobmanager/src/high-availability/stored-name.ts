import { BundleHash, JobId } from '@millrace/core'

// Files of the high-availability directory. Every file is created by one JobManager, under the
// epoch of that one, and never written again:
//
//   format                                   the version of this layout
//   epochs/<epoch>                           the claim of an epoch: who creates it has it
//   <epoch>/takeover                         what the epoch begins with: all jobs, see job-record
//   <epoch>/jobs/<job>/submission            a job submitted in this epoch
//   <epoch>/jobs/<job>/checkpoint-<id>       a checkpoint completed in this epoch
//   <epoch>/jobs/<job>/ended                 the job ended in this epoch
//   <epoch>/jobs/<job>/without-<id>          a checkpoint of `takeover` that is no longer retained
//   <epoch>/bundles/<hash>                   a bundle first submitted in this epoch

export type StoredName =
  | { readonly kind: 'format' }
  | { readonly kind: 'claim'; readonly epoch: number }
  | { readonly kind: 'takeover'; readonly epoch: number }
  | JobFileName
  | { readonly kind: 'bundle'; readonly epoch: number; readonly hash: BundleHash }

export type JobFileName =
  | { readonly kind: 'submission' | 'ended'; readonly epoch: number; readonly jobId: JobId }
  | {
      readonly kind: 'checkpoint' | 'without'
      readonly epoch: number
      readonly jobId: JobId
      readonly checkpointId: number
    }

/** The folder that claims are in. */
export const claimFolder = 'epochs'

export function formatName(stored: StoredName): string {
  switch (stored.kind) {
    case 'format':
      return 'format'
    case 'claim':
      return `${claimFolder}/${stored.epoch}`
    case 'takeover':
      return `${stored.epoch}/takeover`
    case 'submission':
    case 'ended':
      return `${stored.epoch}/jobs/${stored.jobId}/${stored.kind}`
    case 'checkpoint':
    case 'without':
      return `${stored.epoch}/jobs/${stored.jobId}/${stored.kind}-${stored.checkpointId}`
    case 'bundle':
      return `${stored.epoch}/bundles/${stored.hash}`
  }
}

const number = '[1-9]\\d{0,14}'
const claimPattern = new RegExp(`^${claimFolder}/(${number})$`)
const takeoverPattern = new RegExp(`^(${number})/takeover$`)
const jobPattern = new RegExp(
  `^(${number})/jobs/([0-9a-f]{32})/(?:(submission|ended)|(checkpoint|without)-(${number}))$`,
)
const bundlePattern = new RegExp(`^(${number})/bundles/([0-9a-f]{64})$`)

/** undefined for a file of somebody else. */
export function parseName(name: string): StoredName | undefined {
  if (name === 'format') return { kind: 'format' }
  const claim = claimPattern.exec(name)
  if (claim !== null) return { kind: 'claim', epoch: Number(claim[1]) }
  const takeover = takeoverPattern.exec(name)
  if (takeover !== null) return { kind: 'takeover', epoch: Number(takeover[1]) }
  const bundle = bundlePattern.exec(name)
  if (bundle !== null) {
    return { kind: 'bundle', epoch: Number(bundle[1]), hash: BundleHash.parse(bundle[2] ?? '') }
  }
  const job = jobPattern.exec(name)
  if (job === null) return undefined
  const [, epochText, jobIdText = '', whole, numbered, id] = job
  const epoch = Number(epochText)
  const jobId = JobId.parse(jobIdText)
  if (whole !== undefined) return { kind: whole as 'submission' | 'ended', epoch, jobId }
  const kind = numbered as 'checkpoint' | 'without'
  return { kind, epoch, jobId, checkpointId: Number(id) }
}
