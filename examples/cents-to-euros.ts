// A script, not a job: makes of a savepoint whose totals are in cents one with totals in euros.
//
//   node examples/cents-to-euros.ts SAVEPOINT NEW
//   millrace run job.ts --from-savepoint NEW
//
// SAVEPOINT is the directory of a savepoint or of a checkpoint that was kept; it stays as it is.

import { types, ValueStateDescriptor } from 'millrace'
import { SavepointReader, SavepointWriter } from 'millrace/state'

const total = new ValueStateDescriptor('total', types.float64)

/** Returns the totals that were written, by user. */
export async function centsToEuros(
  savepoint: string,
  target: string,
): Promise<Map<string, number>> {
  const cents = await SavepointReader.open(savepoint)
  const writer = SavepointWriter.from(cents)
  writer.operator('totals').transformState(total, ({ value }) => value / 100)
  await writer.write(target)

  const euros = await SavepointReader.open(target)
  const totals = new Map<string, number>()
  const entries = euros.operator('totals').readValueState<string, number>(total)
  for await (const { key, value } of entries) totals.set(key, value)
  return totals
}

if (import.meta.main) {
  const [savepoint, target] = process.argv.slice(2)
  if (savepoint === undefined || target === undefined) {
    throw new Error('Say which savepoint to read and where to write: SAVEPOINT NEW')
  }
  for (const [user, euros] of await centsToEuros(savepoint, target)) {
    console.log(`${user}: ${euros} €`)
  }
}
