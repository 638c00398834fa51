import { relative, resolve } from 'node:path'
import { MillraceError } from '@millrace/core'
import type { Message } from 'esbuild'

/**
 * What esbuild found wrong, each with place and code frame. `folder`: what its paths are relative
 * to.
 */
export function bundleFailure(
  entryPath: string,
  messages: readonly Message[],
  folder: string,
): MillraceError {
  const shown = messages.slice(0, 5).map((message) => describeMessage(message, folder))
  const more = messages.length > shown.length ? [`and ${messages.length - shown.length} more`] : []
  return new MillraceError(
    'BUNDLE_FAILED',
    `The job module ${entryPath} could not be bundled:\n${[...shown, ...more].join('\n')}`,
    {
      blame: 'user',
      disposition: 'reject-request',
      details: { entry: entryPath, errorCount: messages.length },
    },
  )
}

/** `file:line:column: text` and below it the line with a mark, as compilers show it. */
export function describeMessage(message: Message, folder: string): string {
  const { location, text } = message
  if (location === null) return text
  const file = displayPath(resolve(folder, location.file))
  // A plugin's error has the whole file as its place.
  const mark = '^'.repeat(Math.max(1, Math.min(location.length, location.lineText.length)))
  const number = String(location.line)
  return [
    `${file}:${location.line}:${location.column + 1}: ${text}`,
    `  ${number} │ ${location.lineText}`,
    `  ${' '.repeat(number.length)} │ ${' '.repeat(location.column)}${mark}`,
    ...hintsOf(message),
  ].join('\n')
}

/** esbuild's own, but for what can only be done to its options. */
function hintsOf({ text, notes }: Message): readonly string[] {
  const missing = /^Could not resolve "([^"./][^"]*)"$/.exec(text)?.[1]
  if (missing !== undefined) {
    const name = /^(@[^/]+\/)?[^/]+/.exec(missing)?.[0] ?? missing
    return [`  Install it where the job module is: npm install ${name}`]
  }
  return notes.map((note) => `  ${note.text}`)
}

/** Relative to where the user is, if that is shorter. */
function displayPath(path: string): string {
  const short = relative(process.cwd(), path)
  return short !== '' && !short.startsWith('..') ? short : path
}
