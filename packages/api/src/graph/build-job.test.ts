import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError, types } from '@millrace/core'
import type { StreamExecutionEnvironment } from '../environment/stream-execution-environment.ts'
import { defineJob } from '../job/define-job.ts'
import { CollectSink } from '../sink/collect-sink.ts'
import { buildJob } from './build-job.ts'
import { graphOf } from './job-test-support.ts'

function wordCount(env: StreamExecutionEnvironment): void {
  env
    .fromElements('to be', 'or not to be')
    .flatMap((line) => line.split(' '))
    .map((word) => ({ word, count: 1 }))
    .returns(types.object({ word: types.string, count: types.int32 }))
    .keyBy((record) => record.word)
    .sum('count', { name: 'count' })
    .sinkTo(new CollectSink(), { name: 'counts' })
}

async function failureOf(
  build: (env: StreamExecutionEnvironment) => void | Promise<void>,
): Promise<MillraceError> {
  try {
    await graphOf(build)
  } catch (error) {
    assert.ok(error instanceof MillraceError)
    return error
  }
  return assert.fail('the job was accepted')
}

test('the hash of a program is the same for ever', async () => {
  const graph = await graphOf((env) => wordCount(env.setParallelism(2)))
  assert.equal(graph.hash, 'cb55e77073d5aaa3a4643e149df609e2b31226aeb416f37a167c001d83247a08')
})

test('the hash sees structure, names, types and settings, and nothing else', async () => {
  const hashOf = async (build: (env: StreamExecutionEnvironment) => void): Promise<string> =>
    (await graphOf(build)).hash
  const hash = await hashOf(wordCount)
  assert.equal(await hashOf(wordCount), hash)
  const others = [
    hashOf((env) => wordCount(env.setParallelism(2))),
    hashOf((env) => wordCount(env.set('restart-strategy.type', 'none'))),
    hashOf((env) => wordCount(env.disableOperatorChaining())),
    hashOf((env) => {
      wordCount(env)
      env.fromElements(1).print()
    }),
    hashOf((env) => {
      env.fromElements(1).sinkTo(new CollectSink(), { name: 'a' })
    }),
    hashOf((env) => {
      env.fromElements(1).sinkTo(new CollectSink(), { name: 'b' })
    }),
    hashOf((env) => {
      env.fromElements(1).returns(types.int32).sinkTo(new CollectSink(), { name: 'a' })
    }),
  ]
  const all = [hash, ...(await Promise.all(others))]
  assert.equal(new Set(all).size, all.length)
})

test('a named operator keeps its id when the program around it changes', async () => {
  const idOf = async (
    name: string,
    build: (env: StreamExecutionEnvironment) => void,
  ): Promise<string> => {
    const operators = (await graphOf(build)).vertices.flatMap((vertex) => vertex.operators)
    return operators.find((operator) => operator.name === name)?.id ?? assert.fail(name)
  }
  const id = await idOf('count', wordCount)
  assert.match(id, /^[0-9a-f]{32}$/)
  const later = await idOf('count', (env) => {
    env.fromElements(1).print()
    wordCount(env.setParallelism(3))
  })
  assert.equal(later, id)
})

test('a declared type goes on through operators that keep it', async () => {
  const graph = await graphOf(wordCount)
  const operators = graph.vertices.flatMap((vertex) => vertex.operators)
  const declared = types.object({ word: types.string, count: types.int32 }).descriptor
  const typeOf = (name: string): unknown => operators.find((each) => each.name === name)?.outputType
  assert.deepEqual(typeOf('Map'), declared)
  assert.deepEqual(typeOf('count'), declared)
  assert.equal(typeOf('FlatMap'), undefined)
})

test('a job is bounded where all its sources are', async () => {
  const unbounded = {
    kind: 'endless',
    boundedness: 'continuous-unbounded' as const,
    createEnumerator: () => assert.fail('a graph makes no enumerator'),
    createReader: () => assert.fail('a graph makes no reader'),
  }
  assert.equal((await graphOf(wordCount)).boundedness, 'bounded')
  const mixed = await graphOf((env) => {
    wordCount(env)
    env.fromSource(unbounded, { name: 'endless' }).print()
  })
  assert.equal(mixed.boundedness, 'continuous-unbounded')
})

test('the nodes behind each vertex and the partitioning behind each edge are at hand', async () => {
  const job = await buildJob(defineJob('job', wordCount), { args: {}, config: {} })
  const { vertices, edges } = job.jobGraph
  assert.deepEqual(
    vertices.map((vertex) => job.nodesOf(vertex.id).map((node) => node.name)),
    vertices.map((vertex) => vertex.operators.map((operator) => operator.name)),
  )
  const hash = edges.find((edge) => edge.partitioner === 'hash') ?? assert.fail('no hash edge')
  assert.equal(job.partitioningOf(hash).keySelector?.({ word: 'be' }), 'be')
})

test('the job function gets its arguments and may be async', async () => {
  const job = defineJob('job', async (env, args) => {
    await Promise.resolve()
    env.fromElements(args['input']).print()
    env.set('given', args['input'] ?? '')
  })
  const built = await buildJob(job, { args: { input: 'x' }, config: {} })
  assert.equal(built.jobGraph.config['given'], 'x')
})

test('parallelism is set by the operator, the environment, the submission, or is 1', async () => {
  const parallelismOf = async (
    build: (env: StreamExecutionEnvironment) => void,
    config: Record<string, string>,
  ): Promise<number | undefined> => (await graphOf(build, config)).vertices[0]?.parallelism
  const submitted = { 'parallelism.default': '4' }
  const plain = (env: StreamExecutionEnvironment): unknown => env.fromSequence(1, 2).print()
  assert.equal(await parallelismOf(plain, {}), 1)
  assert.equal(await parallelismOf(plain, submitted), 4)
  assert.equal(await parallelismOf((env) => plain(env.setParallelism(3)), submitted), 3)
  const own = (env: StreamExecutionEnvironment): unknown =>
    env.setParallelism(3).fromSequence(1, 2, { parallelism: 2 }).print()
  assert.equal(await parallelismOf(own, submitted), 2)
})

test('what the program sets is in the graph, under the keys of Flink', async () => {
  const graph = await graphOf(
    (env) => {
      env.enableCheckpointing('1 s', 'AT_LEAST_ONCE').set('slot.request.timeout', '5 s')
      env
        .getCheckpointConfig()
        .setCheckpointTimeout(60_000)
        .setMinPauseBetweenCheckpoints('500 ms')
        .setMaxConcurrentCheckpoints(2)
        .setTolerableCheckpointFailureNumber(3)
        .setExternalizedCheckpointRetention('RETAIN_ON_CANCELLATION')
        .setCheckpointDirectory('/checkpoints')
      env.setRestartStrategy({ type: 'failure-rate', maxFailuresPerInterval: 3, delay: 200 })
      assert.equal(env.getConfig()['submitted'], 'yes')
      assert.equal(env.getConfig()['slot.request.timeout'], '5 s')
      env.fromElements(1).print()
    },
    { submitted: 'yes', 'slot.request.timeout': '1 s' },
  )
  assert.deepEqual(graph.config, {
    'execution.checkpointing.interval': '1 s',
    'execution.checkpointing.mode': 'AT_LEAST_ONCE',
    'execution.checkpointing.timeout': '60000 ms',
    'execution.checkpointing.min-pause': '500 ms',
    'execution.checkpointing.max-concurrent-checkpoints': '2',
    'execution.checkpointing.tolerable-failed-checkpoints': '3',
    'execution.checkpointing.externalized-checkpoint-retention': 'RETAIN_ON_CANCELLATION',
    'execution.checkpointing.dir': '/checkpoints',
    'slot.request.timeout': '5 s',
    'restart-strategy.type': 'failure-rate',
    'restart-strategy.failure-rate.max-failures-per-interval': '3',
    'restart-strategy.failure-rate.delay': '200 ms',
  })
})

interface Refusal {
  readonly title: string
  readonly build: (env: StreamExecutionEnvironment) => void | Promise<void>
  readonly code: string
  readonly message: RegExp
}

const stray = new (
  await import('../environment/stream-execution-environment.ts')
).StreamExecutionEnvironment()

const refusals: readonly Refusal[] = [
  {
    title: 'an empty job',
    build: () => {},
    code: 'JOB_GRAPH_INVALID',
    message: /^Job 'job' has no operators/,
  },
  {
    title: 'a job without a sink',
    build: (env) => {
      env.fromElements(1).map((n) => n)
    },
    code: 'JOB_GRAPH_INVALID',
    message: /no sink/,
  },
  ...[0, -1, 1.5, Number.NaN, 32_769].map(
    (parallelism): Refusal => ({
      title: `parallelism ${parallelism}`,
      build: (env) => {
        env
          .fromSequence(1, 2)
          .map((n) => n)
          .setParallelism(parallelism)
          .print()
      },
      code: 'JOB_GRAPH_INVALID',
      message: new RegExp(
        `'Map' \\(map at .*build-job\\.test\\.ts:\\d+:\\d+\\) is ${parallelism}\\.`,
      ),
    }),
  ),
  {
    title: 'elements in two subtasks',
    build: (env) => {
      env.fromElements(1).setParallelism(2).print()
    },
    code: 'JOB_GRAPH_INVALID',
    message: /can only be 1/,
  },
  {
    title: 'forward between different parallelism',
    build: (env) => {
      env.fromSequence(1, 2).setParallelism(2).forward().print().setParallelism(3)
    },
    code: 'JOB_GRAPH_INVALID',
    message: /'sequence-1' with parallelism 2 to .* with parallelism 3.*rebalance or rescale/,
  },
  {
    title: 'an operator without an input of this job',
    build: (env) => {
      env.fromElements(1).print()
      stray.fromElements(1).union(env.fromElements(1))
    },
    code: 'ARGUMENT_INVALID',
    message: /build-job\.test\.ts:\d+:\d+ belong to different environments/,
  },
  {
    title: 'a function that is none',
    build: (env) => {
      env.fromElements(1).map('twice' as never)
    },
    code: 'ARGUMENT_INVALID',
    message:
      /^The argument twice is no function, .*\.test\.ts:\d+:\d+\. Wanted: .* with map\(\)\.$/,
  },
  {
    title: 'an object without the method',
    build: (env) => {
      class Doubler {
        double(): void {}
      }
      env.fromElements(1).map(new Doubler() as never)
    },
    code: 'ARGUMENT_INVALID',
    message: /^The Doubler at .*build-job\.test\.ts:\d+:\d+ has no map\(\)\./,
  },
  {
    title: 'a class in place of an instance',
    build: (env) => {
      class Doubler {
        map(n: number): number {
          return 2 * n
        }
      }
      env.fromElements(1).map(Doubler as never)
    },
    code: 'ARGUMENT_INVALID',
    message: /^The class Doubler is not what .* takes\. Make an instance with new/,
  },
  {
    title: 'an async function',
    build: (env) => {
      env.fromElements(1).map(async (n) => n)
    },
    code: 'ARGUMENT_INVALID',
    message: /^The map function at .*build-job\.test\.ts:\d+:\d+ is async/,
  },
  {
    title: 'an async method',
    build: (env) => {
      env.fromElements(1).filter({ filter: (async () => false) as never })
    },
    code: 'ARGUMENT_INVALID',
    message: /^The filter function at .*build-job\.test\.ts:\d+:\d+ is async/,
  },
  {
    title: 'an async key selector',
    build: (env) => {
      env.fromElements(1).keyBy(async (n) => n)
    },
    code: 'ARGUMENT_INVALID',
    message: /^The key selector function at .* is async/,
  },
  {
    title: 'a sink that is none',
    build: (env) => {
      env.fromElements(1).sinkTo({} as never)
    },
    code: 'ARGUMENT_INVALID',
    message: /no sink/,
  },
  {
    title: 'an error of the job function',
    build: () => {
      throw new TypeError('no such file')
    },
    code: 'JOB_MODULE_THREW',
    message: /^The function of job 'job' threw: TypeError: no such file$/,
  },
]

for (const { title, build, code, message } of refusals) {
  test(`${title} is refused`, async () => {
    const error = await failureOf(build)
    assert.equal(error.code, code)
    assert.match(error.message, message)
    assert.equal(error.blame, 'user')
  })
}

const chainingKey = 'pipeline.operator-chaining.enabled'

const chainings: readonly {
  readonly title: string
  readonly config: Readonly<Record<string, string>>
  readonly program: (env: StreamExecutionEnvironment) => void
  readonly vertexCount: number
}[] = [
  { title: 'are one task', config: {}, program: () => {}, vertexCount: 1 },
  {
    title: 'are tasks of their own where the submission says so',
    config: { [chainingKey]: 'false' },
    program: () => {},
    vertexCount: 3,
  },
  {
    title: 'are tasks of their own where the program says so',
    config: { [chainingKey]: 'true' },
    program: (env) => env.disableOperatorChaining(),
    vertexCount: 3,
  },
  {
    title: 'are one task where the program says so by the older key',
    config: { [chainingKey]: 'false' },
    program: (env) => env.set('pipeline.operator-chaining', true),
    vertexCount: 1,
  },
]

for (const { title, config, program, vertexCount } of chainings) {
  test(`operators that follow one another ${title}`, async () => {
    const jobGraph = await graphOf((env) => {
      program(env)
      const numbers = env.fromElements(1).map((n) => n, { name: 'map' })
      numbers.sinkTo(new CollectSink(), { name: 'collect' })
    }, config)
    assert.equal(jobGraph.vertices.length, vertexCount)
  })
}

test('an override counts more than what the program says, but for single operators', async () => {
  const build = (env: StreamExecutionEnvironment): void => {
    const numbers = env.setParallelism(2).fromSequence(1, 10)
    numbers
      .map((n) => n, { name: 'own', parallelism: 3 })
      .sinkTo(new CollectSink(), { name: 'one' })
    env.fromElements(1).sinkTo(new CollectSink(), { name: 'two' })
  }
  const parallelisms = async (config: Readonly<Record<string, string>>): Promise<object> => {
    const { vertices } = await graphOf(build, config)
    return Object.fromEntries(
      vertices.flatMap(({ operators, parallelism }) =>
        operators.map(({ name }) => [name, parallelism]),
      ),
    )
  }
  const without = { 'sequence-1': 2, own: 3, one: 2, 'elements-1': 1, two: 2 }
  assert.deepEqual(await parallelisms({ 'parallelism.default': '7' }), without)
  const overridden = { ...without, 'sequence-1': 5, one: 5, two: 5 }
  const config = { 'parallelism.default': '7', 'parallelism.override': '5' }
  assert.deepEqual(await parallelisms(config), overridden)
})

test('chaining is switched by true or false and nothing else', async () => {
  const error = await failureOf((env) => {
    env.set(chainingKey, 'perhaps')
    env.fromElements(1).print()
  })
  assert.equal(error.code, 'CONFIG_VALUE_INVALID')
})

test('nothing can be added after the job function returned', async () => {
  let late: StreamExecutionEnvironment | undefined
  await graphOf((env) => {
    late = env
    env.fromElements(1).print()
  })
  assert.throws(() => late?.fromElements(1), { code: 'JOB_GRAPH_INVALID', message: /too late/ })
})

test('a job needs a name and a function', () => {
  for (const name of ['', ' ', 'x'.repeat(257), 7]) {
    assert.throws(() => defineJob(name as string, () => {}), { code: 'ARGUMENT_INVALID' })
  }
  assert.throws(() => defineJob('job', undefined as never), { code: 'ARGUMENT_INVALID' })
})
