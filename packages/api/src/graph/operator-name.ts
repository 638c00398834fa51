import { MillraceError } from '@millrace/core'
import type { Transformation } from '../stream/transformation.ts'

/**
 * The stable names: those the user gave, and for what may go without one a derived name that counts
 * up past names in use. Operators that stay without a name are not in the result.
 */
export function assignNames(
  transformations: readonly Transformation[],
): ReadonlyMap<Transformation, string> {
  const names = new Map<Transformation, string>()
  const owners = new Map<string, Transformation>()
  for (const transformation of transformations) {
    const { name, movedFrom } = transformation
    if (movedFrom !== undefined) requireNameUsable(movedFrom, transformation)
    if (name === undefined) continue
    requireNameUsable(name, transformation)
    const owner = owners.get(name)
    if (owner !== undefined) throw nameDuplicate(name, owner, transformation)
    owners.set(name, transformation)
    names.set(transformation, name)
  }
  for (const transformation of transformations) {
    if (names.has(transformation)) continue
    const { derivedName, needsName } = transformation.spec
    if (derivedName !== undefined) {
      const name = firstUnused(derivedName, owners)
      owners.set(name, transformation)
      names.set(transformation, name)
    } else if (needsName) {
      throw nameMissing(transformation)
    }
  }
  return names
}

function firstUnused(prefix: string, taken: ReadonlyMap<string, unknown>): string {
  let number = 1
  while (taken.has(`${prefix}-${number}`)) number++
  return `${prefix}-${number}`
}

function requireNameUsable(name: unknown, transformation: Transformation): void {
  if (typeof name === 'string' && name.trim() !== '' && name.length <= 256) return
  const { spec } = transformation
  throw new MillraceError(
    'ARGUMENT_INVALID',
    `The name of the ${spec.kind} at ${spec.callSite} is ${JSON.stringify(name)}. ` +
      'A name is a text of 1 to 256 characters.',
    { blame: 'user', disposition: 'reject-request' },
  )
}

function nameMissing({ spec }: Transformation): MillraceError {
  const reason =
    spec.body.kind === 'operator' ? 'keeps state' : `is a ${spec.body.kind}, which keeps its place`
  return new MillraceError(
    'OPERATOR_NAME_MISSING',
    `The ${spec.kind} at ${spec.callSite} has no name, but it ${reason} that must be found again ` +
      "after a restart or a change of the program. Add { name: '…' } as the last argument, or " +
      ".name('…').",
    {
      blame: 'user',
      disposition: 'reject-request',
      details: { operator: spec.kind, place: String(spec.callSite) },
    },
  )
}

function nameDuplicate(name: string, first: Transformation, second: Transformation): MillraceError {
  return new MillraceError(
    'OPERATOR_NAME_DUPLICATE',
    `Two operators are named '${name}': the ${first.spec.kind} at ${first.spec.callSite} and the ` +
      `${second.spec.kind} at ${second.spec.callSite}. Give each a name of its own.`,
    { blame: 'user', disposition: 'reject-request', details: { name } },
  )
}
