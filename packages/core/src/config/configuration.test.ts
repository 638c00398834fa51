import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { MillraceError } from '../errors.ts'
import {
  Configuration,
  checkpointingInterval,
  checkpointingMinPause,
  checkpointingMode,
  checkpointingTimeout,
  configOptions,
  environmentVariableOf,
  formatDurationMs,
  formatMemorySizeBytes,
  heartbeatInterval,
  heartbeatTimeout,
  ioTmpDirs,
  loadConfiguration,
  logLevel,
  parallelismDefault,
  parseDurationMs,
  parseMemorySizeBytes,
  parseSetFlag,
  renderConfigurationDocs,
  restartStrategyType,
  stateBackendType,
  taskManagerNetworkFrameSize,
} from './index.ts'

function failure(run: () => unknown): MillraceError {
  try {
    run()
  } catch (error) {
    assert(error instanceof MillraceError)
    return error
  }
  return assert.fail('nothing was thrown')
}

const entry = (key: string, value: string, origin = 'config.yaml:3') => ({ key, value, origin })

test('a flag wins over the environment, which wins over the file', () => {
  const configuration = loadConfiguration({
    file: [
      entry('heartbeat.interval', '3 s'),
      entry('heartbeat.timeout', '30 s'),
      entry('parallelism.default', '2'),
    ],
    environment: {
      MILLRACE_HEARTBEAT_INTERVAL: '2 s',
      MILLRACE_HEARTBEAT_TIMEOUT: '20 s',
      PATH: '',
    },
    flags: [parseSetFlag('heartbeat.interval=1 min')],
  })
  assert.equal(configuration.get(heartbeatInterval), 60_000)
  assert.equal(configuration.get(heartbeatTimeout), 20_000)
  assert.equal(configuration.get(parallelismDefault), 2)
  assert.equal(configuration.originOf(parallelismDefault), 'config.yaml:3')
})

test('what is not set has its default, and an option without one is undefined', () => {
  assert.equal(Configuration.empty.get(heartbeatInterval), 1000)
  assert.equal(Configuration.empty.get(taskManagerNetworkFrameSize), 32_768)
  assert.equal(Configuration.empty.get(ioTmpDirs), undefined)
  assert.deepEqual(Configuration.empty.toRecord(), {})
})

test('an unknown key is refused with its place and the nearest key', () => {
  const error = failure(() => loadConfiguration({ file: [entry('heartbeat.intervall', '1 s')] }))
  assert.equal(error.code, 'CONFIG_KEY_UNKNOWN')
  assert.equal(
    error.message,
    "There is no configuration key 'heartbeat.intervall' (config.yaml:3). " +
      'Did you mean heartbeat.interval?',
  )
  assert.equal(error.blame, 'user')
  assert.doesNotMatch(
    failure(() => loadConfiguration({ file: [entry('qqq', '1')] })).message,
    /Did you mean/,
  )
})

test('an unknown variable is refused with the nearest one', () => {
  const error = failure(() => loadConfiguration({ environment: { MILLRACE_LOG_LEVL: 'info' } }))
  assert.equal(error.code, 'CONFIG_KEY_UNKNOWN')
  assert.match(error.message, /MILLRACE_LOG_LEVL .* MILLRACE_LOG_LEVEL\?/)
})

test('variables by which Kubernetes describes services are no settings', () => {
  const configuration = loadConfiguration({
    environment: {
      MILLRACE_JOBMANAGER_SERVICE_HOST: '10.0.0.7',
      MILLRACE_JOBMANAGER_SERVICE_PORT_RPC: '6123',
      MILLRACE_JOBMANAGER_PORT: 'tcp://10.0.0.7:6123',
      MILLRACE_JOBMANAGER_PORT_6123_TCP_ADDR: '10.0.0.7',
    },
  })
  assert.deepEqual(configuration.toRecord(), {})
})

test('a bad value names key, value, place and the expected form', () => {
  const cases: readonly (readonly [key: string, value: string, expected: RegExp])[] = [
    ['heartbeat.interval', '1 fortnight', /a duration such as/],
    ['heartbeat.interval', '', /a duration such as/],
    ['heartbeat.interval', '10 parsecs', /a whole number and ms, s, min, h or d\)/],
    ['taskmanager.network.frame-size', '32 kilo', /a memory size such as/],
    ['taskmanager.network.frame-size', '1 gb', /from 1 kb to 16 mb/],
    ['jobmanager.rpc.port', '70000', /a whole number from 0 to 65535/],
    ['taskmanager.numberOfTaskSlots', '1.5', /a whole number from 1 to 256/],
    ['restart-strategy.type', 'sometimes', /one of none, fixed-delay/],
    ['restart-strategy.exponential-delay.jitter-factor', '2', /a number from 0 to 1/],
  ]
  for (const [key, value, expected] of cases) {
    const error = failure(() => loadConfiguration({ file: [entry(key, value)] }))
    assert.equal(error.code, 'CONFIG_VALUE_INVALID')
    assert.match(error.message, expected)
    assert(error.message.startsWith(`${key} cannot be '${value}' (config.yaml:3)`), error.message)
  }
})

test('a duration that makes no sense is refused with the least that does', () => {
  const cases: readonly (readonly [key: string, values: readonly string[], least: RegExp])[] = [
    ['execution.checkpointing.timeout', ['0', '1 ms', '9', '-1 s'], /of at least 10 ms\.$/],
    ['execution.checkpointing.interval', ['1', '9 ms', 'often'], /10 ms, or 0, or auto\.$/],
    ['execution.checkpointing.min-pause', ['-1 ms'], /a duration such as/],
    ['heartbeat.interval', ['0'], /of at least 10 ms\.$/],
    ['heartbeat.timeout', ['0 s', '99 ms'], /of at least 100 ms\.$/],
    ['task.deployment.timeout', ['5'], /of at least 10 ms, or 0\.$/],
  ]
  for (const [key, values, least] of cases) {
    for (const value of values) {
      const error = failure(() => Configuration.empty.with([entry(key, value)]))
      assert.equal(error.code, 'CONFIG_VALUE_INVALID')
      assert.match(error.message, least)
      assert(error.message.startsWith(`${key} cannot be '${value}'`), error.message)
    }
  }
})

test('an interval may be left to the job', () => {
  const configuration = Configuration.empty.with([entry('checkpoint-interval', 'Auto')])
  assert.equal(configuration.get(checkpointingInterval), 'auto')
})

test('the least duration is taken, and 0 where it means something', () => {
  const configuration = Configuration.empty.with([
    entry('execution.checkpointing.timeout', '10'),
    entry('execution.checkpointing.interval', '0'),
    entry('execution.checkpointing.min-pause', '0'),
  ])
  assert.equal(configuration.get(checkpointingTimeout), 10)
  assert.equal(configuration.get(checkpointingInterval), 0)
  assert.equal(configuration.get(checkpointingMinPause), 0)
})

test('an alias is understood, and the notice says as what', () => {
  const configuration = loadConfiguration({ file: [entry('restart-strategy', 'none')] })
  assert.equal(configuration.get(restartStrategyType), 'none')
  assert.deepEqual(configuration.notices, [
    'restart-strategy (config.yaml:3) is understood as restart-strategy.type.',
  ])
})

test('a key of Flink without a use here is ignored with a notice', () => {
  const configuration = loadConfiguration({
    file: [entry('jobmanager.memory.process.size', '1600m')],
  })
  assert.deepEqual(configuration.toRecord(), {})
  assert.match(configuration.notices[0] ?? '', /^jobmanager\.memory\.process\.size .* is ignored/)
})

test('every default is a value its own schema takes', () => {
  for (const option of configOptions) Configuration.empty.get(option)
})

test('every key, alias and variable stands for one option', () => {
  const names = configOptions.flatMap((option) => [option.key, ...option.aliases])
  assert.equal(new Set(names).size, names.length)
  const variables = configOptions.flatMap((option) => {
    // Two names of one option may come to the same variable, as of the names `a.b` and `a-b`.
    return [...new Set([option.key, ...option.aliases].map(environmentVariableOf))]
  })
  assert.equal(new Set(variables).size, variables.length)
})

test('names of checkpoint settings from elsewhere are understood', () => {
  const names: [alias: string, value: string, key: string][] = [
    ['checkpointing-mode', 'at-least-once', 'execution.checkpointing.mode'],
    ['checkpoint-interval', '1 s', 'execution.checkpointing.interval'],
    ['min-pause-between-checkpoints', '1 s', 'execution.checkpointing.min-pause'],
    ['checkpoint-dir', '/tmp/x', 'execution.checkpointing.dir'],
    ['state-backend', 'rocksdb', 'state.backend.type'],
    ['state-timeout', '1 min', 'execution.checkpointing.timeout'],
    ['state.checkpoints.num-retained', '3', 'execution.checkpointing.num-retained'],
  ]
  const configuration = loadConfiguration({ flags: names.map(([key, value]) => entry(key, value)) })
  assert.deepEqual(
    Object.keys(configuration.toRecord()),
    names.map(([, , key]) => key),
  )
  assert.equal(configuration.get(checkpointingMode), 'AT_LEAST_ONCE')
  assert.equal(configuration.get(stateBackendType), 'leveldb')
})

test('the settings of one scope can be taken out and put in again', () => {
  const configuration = loadConfiguration({
    flags: [entry('parallelism.default', '3'), entry('log.level', 'debug')],
  })
  assert.deepEqual(configuration.toRecord('job'), { 'parallelism.default': '3' })
  const again = Configuration.empty.withRecord(configuration.toRecord(), 'the submission')
  assert.equal(again.get(logLevel), 'debug')
  assert.equal(again.originOf(logLevel), 'the submission')
})

test('--set without a value says what is missing', () => {
  const error = failure(() => parseSetFlag('taskmanager.numberOfTaskSlots'))
  assert.match(
    error.message,
    /write --set taskmanager\.numberOfTaskSlots=value, with a whole number/,
  )
  assert.equal(parseSetFlag('io.tmp.dirs=/a=b').value, '/a=b')
})

test('durations and sizes are read as Flink writes them, and written so that they read back', () => {
  const durations = { '500 ms': 500, '1s': 1000, '2 min': 120_000, '1 h': 3_600_000, '7': 7 }
  for (const [text, ms] of Object.entries(durations)) assert.equal(parseDurationMs(text), ms)
  for (const bad of ['', 's', '-1 s', '1.5 s', '1 s 2 ms', '99999999999999999 d']) {
    assert.equal(parseDurationMs(bad), undefined, bad)
  }
  for (const ms of [0, 1, 999, 1000, 90_000, 120_000, 86_400_000]) {
    assert.equal(parseDurationMs(formatDurationMs(ms)), ms)
  }
  assert.equal(parseMemorySizeBytes('32kb'), 32_768)
  assert.equal(parseMemorySizeBytes('1 GB'), 2 ** 30)
  assert.equal(parseMemorySizeBytes('12'), 12)
  assert.equal(parseMemorySizeBytes('12 pb'), undefined)
  for (const bytes of [0, 1, 1023, 1024, 3 * 2 ** 20, 2 ** 30 + 1]) {
    assert.equal(parseMemorySizeBytes(formatMemorySizeBytes(bytes)), bytes)
  }
})

test('docs/configuration.md is what the options say (npm run generate)', () => {
  const path = new URL('../../../../docs/configuration.md', import.meta.url)
  assert.equal(readFileSync(path, 'utf8'), renderConfigurationDocs())
})
