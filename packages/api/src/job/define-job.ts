import { MillraceError } from '@millrace/core'
import type { JobDefinition, JobFunction } from './job-definition.ts'

/**
 * Defines a job; the default export of its module:
 *
 * ```ts
 * export default defineJob('word-count', (env, args) => {
 *   env
 *     .fromSource(FileSource.lines(args.input ?? '.'), { name: 'lines' })
 *     .flatMap((line) => line.split(' '))
 *     .map((word) => ({ word, count: 1 }))
 *     .keyBy((record) => record.word)
 *     .sum('count', { name: 'count' })
 *     .print()
 * })
 * ```
 *
 * The function runs in every thread that has a part of the job, and again for every attempt: it
 * must describe the same graph each time. It may be async.
 */
export function defineJob(name: string, build: JobFunction): JobDefinition {
  if (typeof name !== 'string' || name.trim() === '' || name.length > 256) {
    throw argumentInvalid(
      `The name of a job is a text of 1 to 256 characters, not ${describe(name)}.`,
    )
  }
  if (typeof build !== 'function') {
    throw argumentInvalid(`Job '${name}' needs a function as its second argument.`)
  }
  return { kind: 'millrace-job', name, build }
}

function describe(name: unknown): string {
  return typeof name === 'string' ? `one of ${name.length}` : typeof name
}

function argumentInvalid(message: string): MillraceError {
  return new MillraceError('ARGUMENT_INVALID', message, {
    blame: 'user',
    disposition: 'reject-request',
  })
}
