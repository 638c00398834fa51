import { type ErrorInfo, isGloballyTerminal } from '@millrace/core'
import type { JobDetails } from '@millrace/rpc'
import { renderErrorInfo } from '../terminal/failure-report.ts'
import { formatElapsed } from '../terminal/format.ts'
import type { JobProgressView } from '../terminal/job-progress.ts'
import { LiveDisplay } from '../terminal/live-display.ts'
import { note, print, printJson } from '../terminal/output.ts'
import {
  colored,
  progressBlock,
  progressKey,
  progressLine,
  sourceCounts,
} from '../terminal/progress-text.ts'
import { CheckpointNews } from './checkpoint-news.ts'
import { FailureNews } from './failure-news.ts'

/** Tells somebody how an attached run goes. */
export interface RunReporter {
  onProgress(view: JobProgressView, details: JobDetails): void
  onCanceling(view: JobProgressView): void
  onLeft(view: JobProgressView): void
  onEnded(view: JobProgressView, details: JobDetails): void
  /** Nothing more can be learnt of the job; the error that says so is told elsewhere. */
  onLost(): void
  /** The terminal is needed for something else until `resume`. */
  pause(): void
  resume(): void
}

/** How often a line is printed although no state changed, where lines cannot be drawn again. */
const plainLineIntervalMs = 10_000
/** How often it is said that checkpoints fail as the one before did. */
const sameFailureIntervalMs = 10_000

/** For a person: a block drawn again and again on a terminal, lines elsewhere. */
export class TextRunReporter implements RunReporter {
  readonly #display: LiveDisplay | undefined
  readonly #isVerbose: boolean
  readonly #news = new FailureNews()
  readonly #checkpointNews = new CheckpointNews()
  /** The failure that was told last. */
  #told: ErrorInfo | undefined
  /** The same of checkpoints, and when. */
  #toldOfCheckpoint: { readonly failure: ErrorInfo; readonly atMs: number } | undefined
  #lastKey = ''
  #lastLineMs = 0

  constructor(options: { readonly isLive: boolean; readonly isVerbose: boolean }) {
    this.#isVerbose = options.isVerbose
    this.#display = options.isLive ? new LiveDisplay() : undefined
    this.#display?.open()
  }

  onProgress(view: JobProgressView, details: JobDetails): void {
    this.#noteFailures(details)
    this.#noteCheckpoints(view, details)
    if (this.#display !== undefined) {
      const { columns = 80, rows = 24 } = process.stderr
      this.#display.show(progressBlock(view, { columns, rows }))
      return
    }
    // Its end has a line of its own.
    if (isGloballyTerminal(view.status)) return
    const key = progressKey(view)
    const isDue = view.elapsedMs - this.#lastLineMs >= plainLineIntervalMs
    if (key === this.#lastKey && !isDue) return
    this.#lastKey = key
    this.#lastLineMs = view.elapsedMs
    note(progressLine(view))
  }

  onCanceling(view: JobProgressView): void {
    note(`Canceling ${view.name} …`)
  }

  onLeft(view: JobProgressView): void {
    this.#display?.close()
    note(`${view.name} runs on. \`millrace status ${view.jobId}\` shows how it goes.`)
  }

  onEnded(view: JobProgressView, details: JobDetails): void {
    this.#display?.close()
    if (details.status === 'FAILED' && details.failure !== undefined) {
      note(renderErrorInfo(details.failure, { isVerbose: this.#isVerbose }))
    }
    const result = `${colored(view.status)} ${view.name}`
    print(`${result} in ${formatElapsed(view.elapsedMs)}${sourceCounts(view)}`)
  }

  onLost(): void {
    this.#display?.close()
  }

  pause(): void {
    this.#display?.clear()
    this.#display?.close()
  }

  resume(): void {
    this.#display?.open()
  }

  /**
   * Each failure that the job recovers from is told once, and in short when it only comes again;
   * the last one of a job that fails is told at its end.
   */
  #noteFailures(details: JobDetails): void {
    const isLost = details.status === 'FAILING' || details.status === 'FAILED'
    const last = isLost ? details.failures.at(-1) : undefined
    for (const record of this.#news.take(details)) {
      if (record === last) continue
      const { failure, taskName, taskManagerId } = record
      const place = taskManagerId === undefined ? '' : ` on ${taskManagerId}`
      const who = `${taskName === '' ? details.name : taskName}${place}`
      if (this.#told !== undefined && isSame(failure, this.#told)) {
        note(`${who} failed again: ${failure.code}, as before`)
        continue
      }
      this.#told = failure
      note(`${who} failed:`)
      note(renderErrorInfo(failure, { isVerbose: this.#isVerbose }))
    }
  }

  /** A job goes on without a checkpoint, but it cannot end without, and recovers from an old one. */
  #noteCheckpoints({ elapsedMs }: JobProgressView, { checkpoints }: JobDetails): void {
    const { failed, restored } = this.#checkpointNews.take(checkpoints)
    if (restored !== undefined) note(`It goes on from checkpoint ${restored.checkpointId}.`)
    if (failed === undefined) return
    const { checkpointId, failure } = failed
    const told = this.#toldOfCheckpoint
    const isTold = told !== undefined && isSame(failure, told.failure)
    if (isTold && elapsedMs - told.atMs < sameFailureIntervalMs) return
    this.#toldOfCheckpoint = { failure, atMs: elapsedMs }
    const soFar = `${checkpoints?.failedCount} failed so far`
    if (isTold) {
      note(`Checkpoint ${checkpointId} failed again: ${failure.code}, as before; ${soFar}`)
      return
    }
    note(`Checkpoint ${checkpointId} failed, the job goes on without it; ${soFar}:`)
    note(renderErrorInfo(failure, { isVerbose: this.#isVerbose }))
  }
}

/** For a script: one JSON object a line. */
export class JsonRunReporter implements RunReporter {
  readonly #news = new FailureNews()
  readonly #checkpointNews = new CheckpointNews()
  #lastKey = ''

  onProgress(view: JobProgressView, details: JobDetails): void {
    for (const record of this.#news.take(details)) {
      printJson({ event: 'failure', jobId: view.jobId, ...record })
    }
    const { failed, restored } = this.#checkpointNews.take(details.checkpoints)
    if (restored !== undefined) printJson({ event: 'restored', jobId: view.jobId, ...restored })
    if (failed !== undefined)
      printJson({ event: 'checkpoint-failed', jobId: view.jobId, ...failed })
    const key = progressKey(view)
    if (key === this.#lastKey || isGloballyTerminal(view.status)) return
    this.#lastKey = key
    printJson({ event: 'progress', ...view })
  }

  onCanceling(view: JobProgressView): void {
    printJson({ event: 'canceling', jobId: view.jobId })
  }

  onLeft(view: JobProgressView): void {
    printJson({ event: 'detached', jobId: view.jobId })
  }

  onEnded(view: JobProgressView, details: JobDetails): void {
    printJson({ event: 'ended', ...view, failure: details.failure })
  }

  onLost(): void {}

  pause(): void {}

  resume(): void {}
}

/** Of the same code and words; numbers in them may differ: of attempts, processes, ports. */
function isSame(a: ErrorInfo, b: ErrorInfo): boolean {
  const words = ({ code, message }: ErrorInfo): string =>
    `${code} ${message.replaceAll(/\d+/g, '')}`
  return words(a) === words(b)
}
