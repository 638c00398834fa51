import {
  type Clock,
  type DeclaredOperator,
  describeThrown,
  type JobArguments,
  JobId,
  type StateDescription,
} from '@millrace/core'
import type { RuntimeContext } from '../function/runtime-context.ts'
import { operatorIdOf, operatorIdOfName } from '../graph/job-graph-generator.ts'
import type { BuiltJob, NodeBody, StreamNode } from '../graph/stream-graph.ts'
import { SinkWriterOperator } from '../operators/sink-writer-operator.ts'
import { SourceOperator } from '../operators/source-operator.ts'
import type { OperatorContext, StreamOperator } from '../operators/stream-operator.ts'
import { CollectSink } from '../sink/collect-sink.ts'
import { DeclaredStates } from './declared-states.ts'
import { noCurrentKey, unusableState } from './empty-states.ts'

/** How long the functions of one operator may take to open. */
const openMsMax = 10_000

export interface DiscoveryContext {
  readonly clock: Clock
  readonly jobName: string
  readonly args: JobArguments
}

/**
 * The states that each operator of a graph asks for before its first record, in the order of the
 * graph. Functions are opened and closed again as the first subtask of a job that was restored;
 * readers, writers and enumerators are not made. The graph can be used for nothing else after it.
 */
export async function discoverStates(
  job: BuiltJob,
  context: DiscoveryContext,
): Promise<readonly DeclaredOperator[]> {
  const operators: DeclaredOperator[] = []
  for (const node of job.jobGraph.vertices.flatMap(({ id }) => job.nodesOf(id))) {
    operators.push(await declaredOperator(node, context))
  }
  return operators
}

async function declaredOperator(
  node: StreamNode,
  context: DiscoveryContext,
): Promise<DeclaredOperator> {
  const { body, name, movedFrom } = node
  const isKeyed = node.inputs.some(({ partitioning }) => partitioning.kind === 'hash')
  const states = new DeclaredStates(name, isKeyed)
  let failure: string | undefined
  if (body.kind === 'operator') failure = await open(body.operator, node, { ...context, states })
  else if (body.kind === 'source') SourceOperator.declareStates(states.store, body.source)
  else SinkWriterOperator.declareStates(states.store, body.sink)
  return {
    operatorId: operatorIdOf(node),
    name,
    movedFrom:
      movedFrom === undefined
        ? undefined
        : { operatorId: operatorIdOfName(movedFrom), name: movedFrom },
    keyedStates: states.keyedStates,
    operatorStates: states.operatorStates,
    coordinatorKind: coordinatorKindOf(body),
    failure,
  }
}

function coordinatorKindOf(body: NodeBody): string | undefined {
  if (body.kind === 'source') return body.source.kind
  return body.kind === 'sink' && body.sink instanceof CollectSink ? body.sink.kind : undefined
}

/** Returns why it failed. */
async function open(
  operator: StreamOperator,
  node: StreamNode,
  context: DiscoveryContext & { readonly states: DeclaredStates },
): Promise<string | undefined> {
  const { clock, states } = context
  const late = Promise.withResolvers<string>()
  const timer = clock.setTimer(openMsMax, () =>
    late.resolve(`its open() has not returned after ${openMsMax / 1_000} s`),
  )
  const runtimeContext = new DescribedContext(node, context)
  const opened = async (): Promise<string | undefined> => {
    try {
      await operator.initializeState?.({
        operatorState: states.store,
        runtimeContext,
        isRestored: true,
        restoredCheckpointId: 1,
        isFinished: false,
        isCheckpointing: true,
      })
      await operator.open(operatorContext(runtimeContext, clock))
      return undefined
    } catch (error) {
      return `its open() threw: ${describeThrown(error)}`
    } finally {
      await closeQuietly(operator)
    }
  }
  try {
    return await Promise.race([opened(), late.promise])
  } finally {
    timer.cancel()
  }
}

/** What it throws then says nothing about its states. */
async function closeQuietly(operator: StreamOperator): Promise<void> {
  try {
    await operator.close()
  } catch {
    return
  }
}

function operatorContext(runtimeContext: RuntimeContext, clock: Clock): OperatorContext {
  const refuse = (): never => {
    throw noCurrentKey('A timer')
  }
  return {
    runtimeContext,
    output: { collect: () => {} },
    currentKey: () => undefined,
    timerService: {
      currentProcessingTime: () => clock.now(),
      currentWatermark: () => Number.NEGATIVE_INFINITY,
      registerProcessingTimeTimer: refuse,
      deleteProcessingTimeTimer: refuse,
    },
  }
}

class DescribedContext implements RuntimeContext {
  readonly jobId = JobId.parse('0'.repeat(32))
  readonly jobName: string
  readonly operatorName: string
  readonly subtaskIndex = 0
  readonly parallelism: number
  readonly attemptNumber = 0
  readonly args: JobArguments
  readonly #states: DeclaredStates

  constructor(
    { name, parallelism }: StreamNode,
    { jobName, args, states }: DiscoveryContext & { readonly states: DeclaredStates },
  ) {
    this.jobName = jobName
    this.operatorName = name
    this.parallelism = parallelism
    this.args = args
    this.#states = states
  }

  getState<State>(descriptor: object): State {
    return this.#state(descriptor)
  }

  getListState<State>(descriptor: object): State {
    return this.#state(descriptor)
  }

  getMapState<State>(descriptor: object): State {
    return this.#state(descriptor)
  }

  getReducingState<State>(descriptor: object): State {
    return this.#state(descriptor)
  }

  getAggregatingState<State>(descriptor: object): State {
    return this.#state(descriptor)
  }

  #state<State>(descriptor: object): State {
    const description = descriptor as StateDescription
    this.#states.addKeyed(description)
    return unusableState(description.name) as State
  }
}
