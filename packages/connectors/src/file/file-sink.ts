import type { Committer, Sink, SinkWriter, SinkWriterContext } from '@millrace/api'
import { MillraceError } from '@millrace/core'
import { nodeOutputFiles } from '../io/node-output-files.ts'
import {
  bufferSizeBytesMaxDefault,
  type FileSinkOptions,
  flushIntervalMsDefault,
  pieceLengthMinDefault,
} from './options.ts'
import { FileCommitter } from './sink/file-committer.ts'
import { FileSinkWriter } from './sink/file-sink-writer.ts'
import type { OutputFiles } from './sink/output-files.ts'
import type { FileCommittable, FileWriterState } from './sink/part-file.ts'
import { restoreParts } from './sink/restored-parts.ts'
import { SizeAndTimeRollingPolicy } from './sink/rolling-policy.ts'

/** What a FileSink writes, how, and through what. */
export interface FileSinkSettings<T> {
  /** Folder of the files. */
  readonly directory: string
  /** The record as a line, without its line end. */
  readonly format: (record: T) => string
  readonly options: FileSinkOptions
  readonly files: OutputFiles
  /** Text is given to a file in pieces of about this many characters. */
  readonly pieceLengthMin?: number
}

/**
 * Writes each record as a line of text, exactly once where the job takes checkpoints: subtask i
 * into the files `part-<i>-<n>` of a folder. A file is hidden (`.part-<i>-<n>.….inprogress`) until
 * it is closed and the next checkpoint has completed; then it appears as a whole and is never
 * changed again. A rolling policy says when a file is closed. Without checkpoints all files appear
 * when the input has ended.
 *
 * ```ts
 * counts.sinkTo(FileSink.json('/data/counts'), { name: 'counts' })
 * ```
 *
 * Give each run a folder of its own, which all TaskManagers share: a subtask that starts without a
 * checkpoint replaces the `part-<i>-<n>` of an earlier run.
 */
export class FileSink<T> implements Sink<T, FileCommittable, FileWriterState> {
  readonly kind = 'file'
  readonly #settings: FileSinkSettings<T>

  constructor(settings: FileSinkSettings<T>) {
    if (typeof settings.directory !== 'string' || settings.directory === '') {
      const message =
        'A FileSink needs the path of a folder. Is an argument of the job missing or empty?'
      throw new MillraceError('ARGUMENT_INVALID', message, { blame: 'user' })
    }
    this.#settings = settings
  }

  /** Each record is a line. */
  static lines(directory: string, options: FileSinkOptions = {}): FileSink<string> {
    return new FileSink({
      directory,
      format: (record) => record,
      options,
      files: nodeOutputFiles,
    })
  }

  /** Each record is a line of JSON. */
  static json<T>(directory: string, options: FileSinkOptions = {}): FileSink<T> {
    return new FileSink<T>({
      directory,
      format: jsonLine,
      options,
      files: nodeOutputFiles,
    })
  }

  async createWriter(
    context: SinkWriterContext,
    restored: readonly FileWriterState[],
  ): Promise<SinkWriter<T, FileCommittable, FileWriterState>> {
    const { format, options, files, pieceLengthMin = pieceLengthMinDefault } = this.#settings
    const { clock, logger } = context
    const place = {
      directory: files.resolve(this.#settings.directory, '.'),
      jobId: context.jobId,
      subtaskIndex: context.subtaskIndex,
      attemptNumber: context.attemptNumber,
      restoredCheckpointId: context.restoredCheckpointId,
      openedAtMs: Math.floor(clock.now()),
      nowMs: clock.monotonicMs(),
    }
    await files.makeFolder(place.directory)
    const parts = await restoreParts(files, logger, place, restored)
    return new FileSinkWriter(clock, files, place, parts, {
      format,
      pieceLengthMin,
      rollingPolicy: options.rollingPolicy ?? new SizeAndTimeRollingPolicy(),
      bufferSizeBytesMax: options.bufferSizeBytesMax ?? bufferSizeBytesMaxDefault,
      flushIntervalMs: options.flushIntervalMs ?? flushIntervalMsDefault,
    })
  }

  createCommitter(_context: SinkWriterContext): Committer<FileCommittable> {
    return new FileCommitter(this.#settings.files)
  }
}

/**
 * `undefined` would be written as that word, which no reader of JSON understands, and a promise as
 * an empty object.
 */
function jsonLine(record: unknown): string {
  const isPromise = record instanceof Promise
  const line: string | undefined = isPromise ? undefined : JSON.stringify(record)
  if (line !== undefined) return line
  const what = isPromise ? 'a promise' : typeof record
  throw new MillraceError(
    'RECORD_TYPE_MISMATCH',
    `A record is ${what}, for which JSON has no word. Does a function before the sink return ` +
      'nothing, or a promise? Return a value, or null.',
    { blame: 'user', disposition: 'fail-job' },
  )
}
