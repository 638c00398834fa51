import { MillraceError } from '@millrace/core'
import type { Transformation } from '../stream/transformation.ts'
import { assignNames } from './operator-name.ts'
import type { Partitioning, StreamEdge, StreamGraph, StreamNode } from './stream-graph.ts'

/** Key groups there are, and so subtasks an operator can have. */
export const parallelismMax = 32_768

export interface StreamGraphSettings {
  readonly name: string
  /** Of operators that set none. */
  readonly parallelism: number
  /** What the program set. */
  readonly config: Readonly<Record<string, string>>
}

/**
 * The logical graph of what the program described, in order of creation. Throws JOB_GRAPH_INVALID,
 * OPERATOR_NAME_MISSING or OPERATOR_NAME_DUPLICATE.
 */
export function generateStreamGraph(
  transformations: readonly Transformation[],
  settings: StreamGraphSettings,
): StreamGraph {
  requireSourceAndSink(transformations, settings.name)
  const names = assignNames(transformations)
  const nodes = new Map<Transformation, StreamNode>()
  for (const transformation of transformations) {
    const inputs = transformation.spec.inputs.map(
      ({ transformation: upstream, inputIndex, partitioning }) => ({
        upstream: nodeOf(nodes, upstream),
        inputIndex,
        partitioning,
      }),
    )
    const parallelism = parallelismOf(transformation, settings.parallelism)
    const edges = inputs.map(({ upstream, inputIndex, partitioning }): StreamEdge => {
      const distributed = partitioning ?? defaultPartitioning(upstream.parallelism, parallelism)
      requireForwardFits(distributed, upstream, { transformation, parallelism })
      return { source: upstream, inputIndex, partitioning: distributed }
    })
    nodes.set(transformation, {
      id: nodes.size + 1,
      name: names.get(transformation) ?? transformation.spec.title,
      isNamed: names.has(transformation),
      movedFrom: transformation.movedFrom,
      kind: transformation.spec.kind,
      body: transformation.spec.body,
      parallelism,
      slotSharingGroup: slotSharingGroupOf(transformation, edges),
      chaining: transformation.chaining,
      outputType: transformation.declaredType(),
      inputs: edges,
    })
  }
  return { name: settings.name, nodes: [...nodes.values()], config: settings.config }
}

function nodeOf(
  nodes: ReadonlyMap<Transformation, StreamNode>,
  transformation: Transformation,
): StreamNode {
  const node = nodes.get(transformation)
  if (node !== undefined) return node
  throw graphInvalid(`${transformation.describe()} was made by the environment of another job.`)
}

function requireSourceAndSink(transformations: readonly Transformation[], name: string): void {
  if (transformations.length === 0) {
    throw graphInvalid(
      `Job '${name}' has no operators. Its function must describe a stream from a source to a ` +
        'sink, e.g. env.fromElements(1, 2).print(), before it returns (or its promise resolves).',
    )
  }
  const has = (kind: string): boolean => transformations.some(({ spec }) => spec.body.kind === kind)
  if (!has('source')) throw graphInvalid(`Job '${name}' has no source.`)
  if (!has('sink')) {
    throw graphInvalid(
      `Job '${name}' has no sink, so nothing would come of it. End a stream with sinkTo or print.`,
    )
  }
}

function parallelismOf(transformation: Transformation, byDefault: number): number {
  const parallelism = transformation.parallelism ?? byDefault
  const isValid = Number.isInteger(parallelism) && parallelism >= 1 && parallelism <= parallelismMax
  if (!isValid) {
    throw graphInvalid(
      `The parallelism of ${transformation.describe()} is ${parallelism}. ` +
        `It must be a whole number from 1 to ${parallelismMax}.`,
    )
  }
  const { parallelismFixed } = transformation.spec
  if (parallelismFixed !== undefined && parallelism !== parallelismFixed) {
    throw graphInvalid(
      `The parallelism of ${transformation.describe()} is ${parallelism}, but this source cannot ` +
        `be split: it can only be ${parallelismFixed}. Set it on the operators that follow.`,
    )
  }
  return parallelism
}

function defaultPartitioning(producers: number, consumers: number): Partitioning {
  const kind = producers === consumers ? 'forward' : 'rebalance'
  return { kind, keySelector: undefined, partitionFunction: undefined }
}

function requireForwardFits(
  { kind }: Partitioning,
  upstream: StreamNode,
  consumer: { readonly transformation: Transformation; readonly parallelism: number },
): void {
  if (kind !== 'forward' || upstream.parallelism === consumer.parallelism) return
  throw graphInvalid(
    `Records cannot be forwarded from '${upstream.name}' with parallelism ` +
      `${upstream.parallelism} to ${consumer.transformation.describe()} with parallelism ` +
      `${consumer.parallelism}: forward needs both to be equal. Use rebalance or rescale.`,
  )
}

function slotSharingGroupOf(transformation: Transformation, edges: readonly StreamEdge[]): string {
  if (transformation.slotSharingGroup !== undefined) return transformation.slotSharingGroup
  const groups = new Set(edges.map((edge) => edge.source.slotSharingGroup))
  const [group] = groups
  return groups.size === 1 && group !== undefined ? group : 'default'
}

function graphInvalid(message: string): MillraceError {
  return new MillraceError('JOB_GRAPH_INVALID', message, {
    blame: 'user',
    disposition: 'reject-request',
  })
}
