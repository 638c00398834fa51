import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/core'
import { parseConfigurationFile, readConfigurationFile } from './configuration-file.ts'

const parse = (text: string) => parseConfigurationFile(text, 'config.yaml')

test('flat keys, nested maps and a mixture of both mean the same', async () => {
  const entries = await parse(`
# a comment
heartbeat.timeout: 5 s
restart-strategy:
  type: fixed-delay
  fixed-delay.attempts: 3
  fixed-delay:
    delay: 1 s
io.tmp.dirs: [/a, /b]
`)
  assert.deepEqual(
    entries.map(({ key, value, origin }) => `${origin} ${key}=${value}`),
    [
      'config.yaml:3 heartbeat.timeout=5 s',
      'config.yaml:5 restart-strategy.type=fixed-delay',
      'config.yaml:6 restart-strategy.fixed-delay.attempts=3',
      'config.yaml:8 restart-strategy.fixed-delay.delay=1 s',
      'config.yaml:9 io.tmp.dirs=/a;/b',
    ],
  )
})

test('values are the text that was written', async () => {
  const entries = await parse('a: 0x10\nb: true\nc: "quoted"\nd: 1.50')
  assert.deepEqual(
    entries.map(({ value }) => value),
    ['0x10', 'true', 'quoted', '1.50'],
  )
})

test('an empty file has no settings', async () => {
  assert.deepEqual(await parse(''), [])
  assert.deepEqual(await parse('# nothing\n'), [])
})

test('what is no YAML, has no value or is no map is refused with its line', async () => {
  const cases: Readonly<Record<string, RegExp>> = {
    'a: 1\nb: [1': /config\.yaml:\d/,
    'a: 1\na: 2': /config\.yaml:2/,
    'a: 1\nb:\nc: 2': /config\.yaml:2: b has no value/,
    '- a': /config\.yaml:1: it is no map/,
    'just text': /config\.yaml:1: it is no map/,
  }
  for (const [text, pattern] of Object.entries(cases)) {
    await assert.rejects(parse(text), (error: unknown) => {
      assert(error instanceof MillraceError)
      assert.equal(error.code, 'CONFIG_FILE_INVALID')
      assert.match(error.message, pattern)
      return true
    })
  }
})

test('a file that is not there is named', async () => {
  await assert.rejects(readConfigurationFile('/nowhere/config.yaml'), {
    code: 'FILE_NOT_FOUND',
    message: /\/nowhere\/config\.yaml cannot be read/,
  })
})
