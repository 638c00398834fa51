import type { Sink, SinkWriter, SinkWriterContext } from '@millrace/api'
import { type JobId, MillraceError } from '@millrace/core'
import { nodeOutputFiles } from '../io/node-output-files.ts'
import { FileSinkWriter } from './file-sink-writer.ts'
import {
  bufferSizeBytesMaxDefault,
  type FileSinkOptions,
  flushIntervalMsDefault,
} from './options.ts'
import type { OutputFiles } from './output-files.ts'

/** What a FileSink writes, how, and through what. */
export interface FileSinkSettings<T> {
  /** Folder of the files. */
  readonly directory: string
  /** The record as a line, without its line end. */
  readonly format: (record: T) => string
  readonly options: FileSinkOptions
  readonly files: OutputFiles
}

/**
 * Writes each record as a line of text: subtask i into the file `part-<i>` of a folder, which
 * appears when its input has ended. Until then it is the hidden file
 * `.part-<i>.<job>.attempt-<n>.inprogress`; that is also what is left of a job that was canceled.
 * A restarted subtask begins again with an empty file.
 *
 * ```ts
 * counts.sinkTo(FileSink.json('/data/counts'), { name: 'counts' })
 * ```
 *
 * Give each run a folder of its own: a subtask replaces the `part-<i>` of an earlier one.
 */
export class FileSink<T> implements Sink<T> {
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

  async createWriter(context: SinkWriterContext): Promise<SinkWriter<T>> {
    const { directory, format, options, files } = this.#settings
    const { jobId, subtaskIndex, attemptNumber } = context
    const finalPath = files.resolve(directory, `part-${subtaskIndex}`)
    const names = await files.list(directory)
    const outdated = names.filter((name) => {
      const attempt = attemptOf(name, jobId, subtaskIndex)
      return attempt !== undefined && attempt < attemptNumber
    })
    // Taken away from an earlier attempt that may still write: it can finish nothing any more.
    for (const name of outdated) await files.remove(files.resolve(directory, name))
    await files.remove(finalPath)
    const name = `.part-${subtaskIndex}.${jobId}.attempt-${attemptNumber}.inprogress`
    const path = files.resolve(directory, name)
    const file = await files.create(path)
    return new FileSinkWriter(context.clock, file, {
      format,
      publish: () => files.rename(path, finalPath),
      bufferSizeBytesMax: options.bufferSizeBytesMax ?? bufferSizeBytesMaxDefault,
      flushIntervalMs: options.flushIntervalMs ?? flushIntervalMsDefault,
    })
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

function attemptOf(name: string, jobId: JobId, subtaskIndex: number): number | undefined {
  const prefix = `.part-${subtaskIndex}.${jobId}.attempt-`
  if (!name.startsWith(prefix) || !name.endsWith('.inprogress')) return undefined
  const attempt = Number.parseInt(name.slice(prefix.length), 10)
  return Number.isNaN(attempt) ? undefined : attempt
}
