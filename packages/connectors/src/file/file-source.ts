import type {
  Source,
  SourceReader,
  SourceReaderContext,
  SplitEnumerator,
  SplitEnumeratorContext,
} from '@millrace/api'
import { type Boundedness, MillraceError, type TypeInformation } from '@millrace/core'
import { nodeFileAccess } from '../io/node-file-access.ts'
import type { FileAccess } from './file-access.ts'
import { FileEnumerator, type FileEnumeratorState } from './file-enumerator.ts'
import { FileSourceReader, type LineFormat } from './file-source-reader.ts'
import type { FileSplit } from './file-split.ts'
import {
  chunkSizeBytesDefault,
  chunksAheadMax,
  type FileSourceOptions,
  lineSizeMaxBytesDefault,
  splitSizeBytesDefault,
} from './options.ts'

/** What a FileSource reads, how, and through what. */
export interface FileSourceSettings<T> {
  readonly patterns: readonly string[]
  readonly format: LineFormat<T>
  readonly outputType?: TypeInformation<T> | undefined
  readonly options: FileSourceOptions
  readonly access: FileAccess
  /** Bytes asked of the file system at once. */
  readonly chunkSizeBytes?: number
}

/**
 * Reads text files line by line: files, folders with all that is below them, and globs. Large files
 * are read by several subtasks at once. Lines end with LF or CRLF; text is UTF-8.
 *
 * ```ts
 * env.fromSource(FileSource.lines('logs/*.txt'), { name: 'logs' })
 * ```
 *
 * Paths are those of the machines of the cluster; relative ones start where its processes started.
 */
export class FileSource<T> implements Source<T, FileSplit, FileEnumeratorState> {
  readonly kind = 'file'
  readonly boundedness: Boundedness
  declare readonly outputType?: TypeInformation<T>
  readonly #settings: FileSourceSettings<T>

  constructor(settings: FileSourceSettings<T>) {
    checkSettings(settings)
    this.#settings = settings
    const isMonitoring = settings.options.monitorIntervalMs !== undefined
    this.boundedness = isMonitoring ? 'continuous-unbounded' : 'bounded'
    if (settings.outputType !== undefined) this.outputType = settings.outputType
  }

  /** Each line is a record, without its line end; an empty line is an empty string. */
  static lines(
    patterns: string | readonly string[],
    options: FileSourceOptions = {},
  ): FileSource<string> {
    return new FileSource({
      patterns: typeof patterns === 'string' ? [patterns] : patterns,
      format: (line) => line,
      options,
      access: nodeFileAccess,
    })
  }

  /** Each line is a JSON value; blank lines are skipped. `type` declares what the values are. */
  static json<T>(
    patterns: string | readonly string[],
    type?: TypeInformation<T>,
    options: FileSourceOptions = {},
  ): FileSource<T> {
    return new FileSource<T>({
      patterns: typeof patterns === 'string' ? [patterns] : patterns,
      format: (line) => (line.trim() === '' ? undefined : (JSON.parse(line) as T)),
      outputType: type,
      options,
      access: nodeFileAccess,
    })
  }

  createEnumerator(
    context: SplitEnumeratorContext<FileSplit>,
    restored: FileEnumeratorState | undefined,
  ): SplitEnumerator<FileSplit, FileEnumeratorState> {
    const { access, patterns, options } = this.#settings
    const { monitorIntervalMs, splitSizeBytes = splitSizeBytesDefault } = options
    const mustMatch = monitorIntervalMs === undefined
    return new FileEnumerator(
      context,
      () => access.discover(patterns, { mustMatch }),
      { splitSizeBytes, monitorIntervalMs },
      restored,
    )
  }

  createReader(context: SourceReaderContext): SourceReader<T, FileSplit> {
    const { access, format, options, chunkSizeBytes = chunkSizeBytesDefault } = this.#settings
    const { lineSizeMaxBytes = lineSizeMaxBytesDefault } = options
    return new FileSourceReader(context, access, format, {
      chunkSizeBytes,
      chunksAheadMax,
      lineSizeMaxBytes,
    })
  }
}

function checkSettings(settings: FileSourceSettings<unknown>): void {
  const { patterns, options } = settings
  // Programs pass what they got as an argument, which may be missing.
  const isPath = (pattern: unknown): boolean => typeof pattern === 'string' && pattern !== ''
  if (!Array.isArray(patterns) || patterns.length === 0 || !patterns.every(isPath)) {
    const message =
      'A FileSource needs at least one path: a file, a folder or a glob, and none of them empty ' +
      `(it got ${JSON.stringify(patterns) ?? 'undefined'}). Is an argument of the job missing?`
    throw new MillraceError('ARGUMENT_INVALID', message, { blame: 'user' })
  }
  for (const name of ['splitSizeBytes', 'lineSizeMaxBytes', 'monitorIntervalMs'] as const) {
    const value = options[name]
    if (value === undefined || value >= 1) continue
    const message = `Option ${name} of a FileSource is ${value}; it must be 1 or more.`
    throw new MillraceError('ARGUMENT_INVALID', message, { blame: 'user' })
  }
}
