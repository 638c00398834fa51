import { relative } from 'node:path'
import { type ErrorCode, type ErrorInfo, errorInfo, MillraceError } from '@millrace/core'
import { installedPage } from '../bundle/installation.ts'
import { colors } from './colors.ts'

// Frames of Millrace itself, installed or in its repository, of what it is built on, and of Node:
// of no use to a user.
const ownFrame =
  /node:|node_modules\/(@millrace|millrace|yargs|@grpc|esbuild)\/|\/packages\/(api|cli|connectors|core|jobmanager|rpc|state|taskmanager|testing)\/(src|dist)\/|\(<anonymous>\)|Promise\.all \(index|eval at|millrace-chain-/

const userFramesMax = 10

/**
 * An error for a person: its code, the root cause with the frames of the user's code, and what to
 * do. `isVerbose` shows every frame.
 */
export function renderFailure(error: unknown, options: { readonly isVerbose: boolean }): string {
  return renderErrorInfo(errorInfo(error), options)
}

export function renderErrorInfo(
  info: ErrorInfo,
  { isVerbose }: { readonly isVerbose: boolean },
): string {
  const { code, message, stack } = info
  const { cause, frames } = rootCause(stack, isVerbose)
  // Only user code has a cause worth showing: other messages quote theirs, and so do some of these.
  const isOfUser = frames.length > 0 && !cause.startsWith('MillraceError')
  const hasCause = isOfUser && !message.includes(cause)
  return [
    colors.red(colors.bold(code)),
    ...(hasCause ? [indent(cause)] : []),
    ...(hasCause && frames.length > 0 ? frames.map((frame) => colors.dim(`    ${frame}`)) : []),
    indent(message),
    ...(!hasCause ? frames.map((frame) => colors.dim(`    ${frame}`)) : []),
    // Of a mistake in the command line there is no more to say.
    ...(code === 'ARGUMENT_INVALID' ? [] : pageAbout(code)),
  ].join('\n')
}

/** Where the reader finds more: a path that exists, whatever folder the command runs in. */
function pageAbout(code: ErrorCode): readonly string[] {
  const page = installedPage('errors.md')
  if (page === undefined) return []
  const fromHere = relative(process.cwd(), page)
  const path = fromHere.startsWith('..') ? page : fromHere
  return [colors.dim(`  ${path} says more about ${code}.`)]
}

/** The same for a script: one line of JSON. */
export function failureAsJson(error: unknown): string {
  const { code, message, blame, details } = errorInfo(error)
  return JSON.stringify({ error: { code, message, blame, details } })
}

function rootCause(
  stack: string,
  isVerbose: boolean,
): { cause: string; frames: readonly string[] } {
  const lines = stack.split('\n')
  const first = lines.findIndex((line) => /^\s+at /.test(line))
  const cause = lines
    .slice(0, first < 0 ? lines.length : first)
    .join('\n')
    .trim()
  const frames = first < 0 ? [] : lines.slice(first).filter((line) => /^\s+at /.test(line))
  const trimmed = frames.map((line) => line.trim())
  if (isVerbose) return { cause, frames: trimmed }
  return { cause, frames: trimmed.filter((line) => !ownFrame.test(line)).slice(0, userFramesMax) }
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ')
}

/** What the parser of the command line objects to. */
export function usageError(message: string): MillraceError {
  return new MillraceError('ARGUMENT_INVALID', message, {
    blame: 'user',
    disposition: 'reject-request',
  })
}
