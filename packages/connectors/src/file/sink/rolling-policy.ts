import { MillraceError } from '@millrace/core'

/** What a rolling policy can know of the file that is being written. */
export interface PartFileInfo {
  readonly sizeBytes: number
  /** Of a monotonic clock; a file that was restored counts as opened then. */
  readonly openedAtMs: number
  /** When text was last added; of the same clock. */
  readonly lastWriteMs: number
}

/**
 * Says when a file is closed and the next one begun. A closed file appears under its name when the
 * next checkpoint completes.
 */
export interface RollingPolicy {
  /** Asked at each barrier. */
  shouldRollOnCheckpoint(part: PartFileInfo): boolean
  /** Asked after text was added to the file, in pieces of about 64 kB. */
  shouldRollOnEvent(part: PartFileInfo): boolean
  /** Asked about once a second; `nowMs` is of the clock of the file's times. */
  shouldRollOnProcessingTime(part: PartFileInfo, nowMs: number): boolean
}

export interface SizeAndTimeRollingPolicyOptions {
  /** A file is closed once it has so many bytes. Default 128 MB. */
  readonly partSizeBytesMax?: number
  /** A file is closed so long after it was opened. Default 60 s. */
  readonly rolloverIntervalMs?: number
  /** A file is closed so long after the last record. Default 60 s. */
  readonly inactivityIntervalMs?: number
}

const partSizeBytesMaxDefault = 128 * 1024 * 1024
const rolloverIntervalMsDefault = 60_000
const inactivityIntervalMsDefault = 60_000

/** Rolls by size, by age and by silence. A file may stay open over many checkpoints. */
export class SizeAndTimeRollingPolicy implements RollingPolicy {
  readonly #partSizeBytesMax: number
  readonly #rolloverIntervalMs: number
  readonly #inactivityIntervalMs: number

  constructor(options: SizeAndTimeRollingPolicyOptions = {}) {
    for (const [name, value] of Object.entries(options)) {
      if (value === undefined || value >= 1) continue
      const message = `Option ${name} of a rolling policy is ${value}; it must be 1 or more.`
      throw new MillraceError('ARGUMENT_INVALID', message, { blame: 'user' })
    }
    this.#partSizeBytesMax = options.partSizeBytesMax ?? partSizeBytesMaxDefault
    this.#rolloverIntervalMs = options.rolloverIntervalMs ?? rolloverIntervalMsDefault
    this.#inactivityIntervalMs = options.inactivityIntervalMs ?? inactivityIntervalMsDefault
  }

  shouldRollOnCheckpoint(part: PartFileInfo): boolean {
    return part.sizeBytes >= this.#partSizeBytesMax
  }

  shouldRollOnEvent(part: PartFileInfo): boolean {
    return part.sizeBytes >= this.#partSizeBytesMax
  }

  shouldRollOnProcessingTime(part: PartFileInfo, nowMs: number): boolean {
    return (
      nowMs - part.openedAtMs >= this.#rolloverIntervalMs ||
      nowMs - part.lastWriteMs >= this.#inactivityIntervalMs
    )
  }
}

/** Rolls at every checkpoint: each file holds what came between two, and is to be read soon. */
export class OnCheckpointRollingPolicy implements RollingPolicy {
  shouldRollOnCheckpoint(): boolean {
    return true
  }

  shouldRollOnEvent(): boolean {
    return false
  }

  shouldRollOnProcessingTime(): boolean {
    return false
  }
}
