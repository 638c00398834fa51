import { assert } from './assert.ts'
import type { Random } from './environment/random.ts'

declare const brand: unique symbol
type Brand<T, Name> = T & { readonly [brand]: Name }

export type JobId = Brand<string, 'JobId'>
/** One JobVertex of a job's graph; stable between submissions of the same program. */
export type JobVertexId = Brand<string, 'JobVertexId'>
/** One operator; derived from its name, so that state finds its operator again. */
export type OperatorId = Brand<string, 'OperatorId'>
/** One try of one subtask. Never reused; the fencing token of everything a task says. */
export type ExecutionAttemptId = Brand<string, 'ExecutionAttemptId'>
/** One incarnation of a TaskManager process. */
export type TaskManagerId = Brand<string, 'TaskManagerId'>
/** One session between a TaskManager and a JobManager: the fencing token of its messages. */
export type SessionId = Brand<string, 'SessionId'>
/** One savepoint that somebody asked for; part of the name of its directory. */
export type SavepointId = Brand<string, 'SavepointId'>
/** One lease of a slot to a job. */
export type AllocationId = Brand<string, 'AllocationId'>
/** SHA-256 of a job's bundle, lower-case hexadecimal. */
export type BundleHash = Brand<string, 'BundleHash'>

const hex = '0123456789abcdef'

function randomHex(random: Random, length: number): string {
  let text = ''
  while (text.length < length) {
    let word = random.uint32()
    for (let i = 0; i < 8 && text.length < length; i++) {
      text += hex[word & 15]
      word >>>= 4
    }
  }
  return text
}

function parseHex(text: string, length: number, what: string): string {
  assert(text.length === length && /^[0-9a-f]+$/.test(text), `${what} '${text}' is malformed`)
  return text
}

function parseName(text: string, what: string): string {
  assert(text.length > 0 && text.length <= 512, `${what} '${text}' is empty or too long`)
  return text
}

/** How ids are made and parsed; nowhere else is a string cast to an id. */
export const JobId = {
  random: (random: Random): JobId => randomHex(random, 32) as JobId,
  parse: (text: string): JobId => parseHex(text, 32, 'JobId') as JobId,
  is: (text: string): boolean => /^[0-9a-f]{32}$/.test(text),
}
export const SavepointId = {
  random: (random: Random): SavepointId => randomHex(random, 12) as SavepointId,
  parse: (text: string): SavepointId => parseHex(text, 12, 'SavepointId') as SavepointId,
  is: (text: string): boolean => /^[0-9a-f]{12}$/.test(text),
}
export const ExecutionAttemptId = {
  /** `<random>_<vertex>_<subtask>_<attempt number>`: unique, and readable in a log. */
  of: (
    random: Random,
    vertex: JobVertexId,
    place: { readonly subtask: number; readonly attempt: number },
  ): ExecutionAttemptId =>
    `${randomHex(random, 16)}_${vertex}_${place.subtask}_${place.attempt}` as ExecutionAttemptId,
  parse: (text: string): ExecutionAttemptId =>
    parseName(text, 'ExecutionAttemptId') as ExecutionAttemptId,
}
export const TaskManagerId = {
  random: (random: Random): TaskManagerId => `tm-${randomHex(random, 12)}` as TaskManagerId,
  parse: (text: string): TaskManagerId => parseName(text, 'TaskManagerId') as TaskManagerId,
}
export const SessionId = {
  random: (random: Random): SessionId => randomHex(random, 16) as SessionId,
  parse: (text: string): SessionId => parseHex(text, 16, 'SessionId') as SessionId,
}
export const AllocationId = {
  random: (random: Random): AllocationId => randomHex(random, 16) as AllocationId,
  parse: (text: string): AllocationId => parseHex(text, 16, 'AllocationId') as AllocationId,
}
export const BundleHash = {
  parse: (text: string): BundleHash => parseHex(text, 64, 'BundleHash') as BundleHash,
}
export const JobVertexId = {
  parse: (text: string): JobVertexId => parseName(text, 'JobVertexId') as JobVertexId,
}
export const OperatorId = {
  parse: (text: string): OperatorId => parseName(text, 'OperatorId') as OperatorId,
}
