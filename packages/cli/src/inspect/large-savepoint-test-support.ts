// A process of its own: `write DIRECTORY COUNT` makes a savepoint of so many entries of 1 kB,
// `read DIRECTORY` reads them all. Prints what was read and the most memory it took, in MB.

import { types, ValueStateDescriptor } from '@millrace/api'
import { SavepointReader, SavepointWriter } from '../state.ts'

const texts = new ValueStateDescriptor('texts', types.string)

function* entries(count: number): Generator<{ key: number; value: string }> {
  for (let key = 0; key < count; key++) yield { key, value: `${key} `.padEnd(1000, '.') }
}

async function write(directory: string, count: number): Promise<number> {
  const writer = SavepointWriter.create({ jobName: 'large' })
  writer.addOperator('texts').addState(texts, entries(count))
  await writer.write(directory)
  return count
}

async function transform(directory: string): Promise<number> {
  const writer = SavepointWriter.from(await SavepointReader.open(directory))
  let count = 0
  writer.operator('texts').transformState(texts, ({ value }) => {
    count++
    return value.toUpperCase()
  })
  await writer.write(`${directory}-transformed`)
  return count
}

async function read(directory: string): Promise<number> {
  const reader = await SavepointReader.open(directory)
  let count = 0
  for await (const { key, value } of reader.operator('texts').readValueState(texts)) {
    if (!value.startsWith(`${key} `)) throw new Error(`${key} has ${value}`)
    count++
  }
  return count
}

const [what, directory = '', count] = process.argv.slice(2)
const done =
  what === 'write'
    ? await write(directory, Number(count))
    : what === 'read'
      ? await read(directory)
      : await transform(directory)
const memoryMb = Math.round(process.resourceUsage().maxRSS / 1024)
process.stdout.write(JSON.stringify({ count: done, memoryMb }))
