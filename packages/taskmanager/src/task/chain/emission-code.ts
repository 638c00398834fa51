import type { Partitioning } from '@millrace/api/runtime'
import { hashKey, hashNumber, MillraceError, unreachable } from '@millrace/core'
import type { RecordWriter } from '../../network/record-writer.ts'

/** What the emission of an edge is written with. */
export interface EmissionNames {
  bind(object: unknown, hint: string): string
  local(hint: string): string
}

/**
 * Statements that send the record `value` on its way along one edge: choose the channel, hand the
 * object over where the channel stays in the slot, encode it where not. `prepareLocal`: statements
 * that come before an object is handed over.
 */
export function emissionCode(
  value: string,
  partitioning: Partitioning,
  writer: RecordWriter,
  names: EmissionNames,
  prepareLocal: string,
): string {
  const name = names.bind(writer, 'writer')
  const writers = names.bind(writer.writers, 'writers')
  const count = writer.channelCount
  const send = (channel: string, key: string, hash: string): string => {
    const local = names.local('local')
    return `if (${channel} === ${name}.localIndex) {
const ${local} = ${name}.local; ${prepareLocal}
if (${local}.isOpen) { ${local}.records++; ${local}.process(${value}, ${key}, ${hash}); }
else ${local}.enqueue(${value}, ${key}, ${hash});
} else ${writers}[${channel}].write(${value}, ${key}, ${hash});`
  }
  const channel = names.local('channel')
  switch (partitioning.kind) {
    case 'hash': {
      const keyOf = names.bind(partitioning.keySelector, 'keyOf')
      const [key, hash] = [names.local('key'), names.local('hash')]
      const [number, any] = [names.bind(hashNumber, 'hashNumber'), names.bind(hashKey, 'hashKey')]
      return `const ${key} = ${keyOf}(${value});
const ${hash} = typeof ${key} === 'number' ? ${number}(${key}) : ${any}(${key});
const ${channel} = ((${hash} >>> 17) * ${count}) >>> 15;
${send(channel, key, hash)}`
    }
    case 'forward':
    case 'global':
      return send('0', 'undefined', '0')
    case 'rebalance':
    case 'rescale':
      if (count === 1) return send('0', 'undefined', '0')
      return `const ${channel} = ${name}.next;
${name}.next = ${channel} + 1 === ${count} ? 0 : ${channel} + 1;
${send(channel, 'undefined', '0')}`
    case 'shuffle':
      return `const ${channel} = ${name}.randomChannel();
${send(channel, 'undefined', '0')}`
    case 'broadcast':
      return `for (let ${channel} = 0; ${channel} < ${count}; ${channel}++) {
${send(channel, 'undefined', '0')}
}`
    case 'custom': {
      const keyOf = names.bind(partitioning.keySelector, 'keyOf')
      const partitioner = names.bind(partitioning.partitionFunction, 'partitioner')
      const outOfRange = names.bind(channelOutOfRange, 'channelOutOfRange')
      return `const ${channel} = ${partitioner}.partition(${keyOf}(${value}), ${count});
if (${channel} !== ${channel} >>> 0 || ${channel} >= ${count}) ${outOfRange}(${channel}, ${count});
${send(channel, 'undefined', '0')}`
    }
    default:
      return unreachable(partitioning.kind)
  }
}

function channelOutOfRange(channel: unknown, count: number): never {
  throw new MillraceError(
    'PARTITIONER_FAILED',
    `A custom partitioner chose channel ${String(channel)} of ${count}. It must return a whole` +
      ` number, 0 ≤ channel < ${count}.`,
    { blame: 'user' },
  )
}
