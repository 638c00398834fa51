import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { type ErrorInfo, MillraceError } from '@millrace/core'
import { failureAsJson, renderErrorInfo, renderFailure } from './failure-report.ts'

const ofTask: ErrorInfo = {
  code: 'USER_FUNCTION_FAILED',
  message: 'Operator parse (1/2) threw on a record. Correct the function or declare onError.',
  disposition: 'retry',
  blame: 'user',
  stack: `TypeError: Cannot read properties of undefined (reading 'id')
    at parse (/home/ann/jobs/orders.ts:12:7)
    at MapOperator.processElement (file:///x/node_modules/@millrace/api/dist/operators/map.js:9:1)
    at chain (eval at compile (/opt/x/packages/taskmanager/src/task/chain.ts:3:1), <anonymous>:3:2)
    at node:internal/process/task_queues:95:5`,
  details: {},
}

/** The last line without its folder, which depends on where tests run. */
const lines = (text: string): readonly string[] =>
  stripVTControlCharacters(text)
    .replace(/ \S+(docs\/errors\.md says)/, ' $1')
    .split('\n')

test('the root cause comes first, with frames of the user only, then what failed and what to do', () => {
  assert.deepEqual(lines(renderErrorInfo(ofTask, { isVerbose: false })), [
    'USER_FUNCTION_FAILED',
    "  TypeError: Cannot read properties of undefined (reading 'id')",
    '    at parse (/home/ann/jobs/orders.ts:12:7)',
    '  Operator parse (1/2) threw on a record. Correct the function or declare onError.',
    '  docs/errors.md says more about USER_FUNCTION_FAILED.',
  ])
})

test('the page that an error names exists', () => {
  const text = stripVTControlCharacters(renderErrorInfo(ofTask, { isVerbose: false }))
  const [, page = ''] = / (\S+) says more about USER_FUNCTION_FAILED\.$/.exec(text) ?? []
  assert(existsSync(page), text)
})

test('--verbose shows every frame', () => {
  assert.equal(lines(renderErrorInfo(ofTask, { isVerbose: true })).length, 8)
})

test('a cause that the message quotes is not said twice', () => {
  const cause = new TypeError('no table')
  cause.stack = 'TypeError: no table\n    at /home/ann/jobs/orders.ts:3:1'
  const error = new MillraceError('JOB_MODULE_THREW', 'It threw: TypeError: no table. Look.', {
    cause,
  })
  assert.deepEqual(lines(renderFailure(error, { isVerbose: false })), [
    'JOB_MODULE_THREW',
    '  It threw: TypeError: no table. Look.',
    '    at /home/ann/jobs/orders.ts:3:1',
    '  docs/errors.md says more about JOB_MODULE_THREW.',
  ])
})

test('an error of Millrace alone shows no stack', () => {
  const error = new MillraceError('CONFIG_KEY_UNKNOWN', 'There is no key x.')
  assert.equal(lines(renderFailure(error, { isVerbose: false })).length, 3)
})

test('lines between the frames of a stack are no frames', () => {
  const cause = new Error('14 UNAVAILABLE')
  cause.stack = `Error: 14 UNAVAILABLE
    at callErrorFromStatus (/x/node_modules/@grpc/grpc-js/build/src/call.js:31:19)
for call at
    at Client.makeUnaryRequest (/x/node_modules/@grpc/grpc-js/build/src/client.js:192:32)`
  const error = new MillraceError('JOB_MANAGER_UNREACHABLE', 'No JobManager answers.', { cause })
  assert.deepEqual(lines(renderFailure(error, { isVerbose: false })).slice(0, 2), [
    'JOB_MANAGER_UNREACHABLE',
    '  No JobManager answers.',
  ])
})

test('a script gets one line of JSON', () => {
  const error = new MillraceError('KEY_INVALID', 'two\nlines', { details: { key: 1 } })
  const text = failureAsJson(error)
  assert.doesNotMatch(text, /\n/)
  assert.deepEqual(JSON.parse(text).error.details, { key: 1 })
})
