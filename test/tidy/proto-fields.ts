// The field numbers of the wire contract.

import { files, read } from './source-tree.ts'

/** Per message or enum (`millrace.v1.JobGraph`): the name that each number ever had. */
export type ProtoFields = Record<string, Record<string, string>>

/** The numbers that the proto files use now. */
export function protoFields(): ProtoFields {
  const fields: ProtoFields = {}
  for (const file of files.filter((name) => /^proto\/.*\.proto$/.test(name)))
    readProto(file, fields)
  return fields
}

/** What the two say about one number, where they differ. */
export function reusedNumbers(recorded: ProtoFields, current: ProtoFields): readonly string[] {
  return Object.entries(current).flatMap(([message, numbers]) =>
    Object.entries(numbers)
      .filter(([number, name]) => (recorded[message]?.[number] ?? name) !== name)
      .map(([number, name]) => `${message}.${name} = ${number} was ${recorded[message]?.[number]}`),
  )
}

/** Both together, sorted by name and number. */
export function mergeFields(recorded: ProtoFields, current: ProtoFields): ProtoFields {
  const merged: ProtoFields = {}
  for (const message of [...Object.keys(recorded), ...Object.keys(current)].sort()) {
    merged[message] = { ...current[message], ...recorded[message] }
  }
  return merged
}

function readProto(file: string, fields: ProtoFields): void {
  const text = read(file).replaceAll(/\/\/.*$/gm, '')
  const path: string[] = [/^package ([\w.]+);/m.exec(text)?.[1] ?? '']
  const token =
    /\b(message|enum|service|oneof|rpc)\s+(\w+)[^{};]*\{|[{}]|(\w+)\s*=\s*(\d+)\s*(?:\[[^\]]*\])?;/g
  for (const [all, kind, block, field, number] of text.matchAll(token)) {
    if (all === '}') path.pop()
    else if (field === undefined) path.push(kind === 'message' || kind === 'enum' ? `${block}` : '')
    else {
      const message = path.filter((part) => part !== '').join('.')
      fields[message] ??= {}
      fields[message][`${number}`] = field
    }
  }
}
