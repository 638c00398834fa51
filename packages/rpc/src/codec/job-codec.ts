import {
  type Boundedness,
  BundleHash,
  type BundleReference,
  type JobEdge,
  type JobGraph,
  JobId,
  type JobInformation,
  type JobOperator,
  type JobVertex,
  JobVertexId,
  OperatorId,
  type PartitionerKind,
} from '@millrace/core'
import type { Boundedness__Output as BoundednessProto } from '../generated/millrace/v1/Boundedness.ts'
import type {
  BundleReference as BundleReferenceProto,
  BundleReference__Output as BundleReferenceProtoOutput,
} from '../generated/millrace/v1/BundleReference.ts'
import type {
  JobEdge as JobEdgeProto,
  JobEdge__Output as JobEdgeProtoOutput,
} from '../generated/millrace/v1/JobEdge.ts'
import type {
  JobGraph as JobGraphProto,
  JobGraph__Output as JobGraphProtoOutput,
} from '../generated/millrace/v1/JobGraph.ts'
import type {
  JobInformation as JobInformationProto,
  JobInformation__Output as JobInformationProtoOutput,
} from '../generated/millrace/v1/JobInformation.ts'
import type {
  JobOperator as JobOperatorProto,
  JobOperator__Output as JobOperatorProtoOutput,
} from '../generated/millrace/v1/JobOperator.ts'
import type {
  JobVertex as JobVertexProto,
  JobVertex__Output as JobVertexProtoOutput,
} from '../generated/millrace/v1/JobVertex.ts'
import type { Partitioner__Output as PartitionerProto } from '../generated/millrace/v1/Partitioner.ts'
import { EnumCodec, required } from './enum-codec.ts'
import { decodeJobStateOptions, encodeJobStateOptions } from './job-state-options-codec.ts'
import { decodeTypeDescriptor, encodeTypeDescriptor } from './type-descriptor-codec.ts'

const boundednessCodec = new EnumCodec<Boundedness, BoundednessProto>('Boundedness', {
  bounded: 'BOUNDEDNESS_BOUNDED',
  'continuous-unbounded': 'BOUNDEDNESS_CONTINUOUS_UNBOUNDED',
})

const partitionerCodec = new EnumCodec<PartitionerKind, PartitionerProto>('Partitioner', {
  forward: 'PARTITIONER_FORWARD',
  rebalance: 'PARTITIONER_REBALANCE',
  rescale: 'PARTITIONER_RESCALE',
  shuffle: 'PARTITIONER_SHUFFLE',
  broadcast: 'PARTITIONER_BROADCAST',
  global: 'PARTITIONER_GLOBAL',
  hash: 'PARTITIONER_HASH',
  custom: 'PARTITIONER_CUSTOM',
})

export function encodeBundleReference(reference: BundleReference): BundleReferenceProto {
  return { hash: reference.hash, sizeBytes: reference.sizeBytes }
}

export function decodeBundleReference(proto: BundleReferenceProtoOutput): BundleReference {
  return { hash: BundleHash.parse(proto.hash), sizeBytes: proto.sizeBytes }
}

export function encodeJobInformation(job: JobInformation): JobInformationProto {
  const { bundle, state } = job
  return { ...job, bundle: encodeBundleReference(bundle), state: encodeJobStateOptions(state) }
}

export function decodeJobInformation(proto: JobInformationProtoOutput): JobInformation {
  const { jobName, args, config, graphHash } = proto
  return {
    jobId: JobId.parse(proto.jobId),
    jobName,
    bundle: decodeBundleReference(required(proto.bundle, 'JobInformation.bundle')),
    args,
    config,
    graphHash,
    state: decodeJobStateOptions(required(proto.state, 'JobInformation.state')),
  }
}

export function encodeJobGraph(graph: JobGraph): JobGraphProto {
  const { name, config, hash } = graph
  return {
    name,
    boundedness: boundednessCodec.encode(graph.boundedness),
    vertices: graph.vertices.map(encodeJobVertex),
    edges: graph.edges.map(encodeJobEdge),
    config,
    hash,
  }
}

export function decodeJobGraph(proto: JobGraphProtoOutput): JobGraph {
  const { name, config, hash } = proto
  return {
    name,
    boundedness: boundednessCodec.decode(proto.boundedness),
    vertices: proto.vertices.map(decodeJobVertex),
    edges: proto.edges.map(decodeJobEdge),
    config,
    hash,
  }
}

function encodeJobVertex(vertex: JobVertex): JobVertexProto {
  return { ...vertex, operators: vertex.operators.map(encodeJobOperator) }
}

function decodeJobVertex(proto: JobVertexProtoOutput): JobVertex {
  const { name, parallelism, slotSharingGroup } = proto
  return {
    id: JobVertexId.parse(proto.id),
    name,
    parallelism,
    slotSharingGroup,
    operators: proto.operators.map(decodeJobOperator),
  }
}

function encodeJobOperator(operator: JobOperator): JobOperatorProto {
  const { id, name, kind, chainedInputs, outputType } = operator
  return {
    id,
    name,
    kind,
    chainedInputs: [...chainedInputs],
    ...(outputType === undefined ? {} : { outputType: encodeTypeDescriptor(outputType) }),
  }
}

function decodeJobOperator(proto: JobOperatorProtoOutput): JobOperator {
  const { name, kind, chainedInputs, outputType } = proto
  return {
    id: OperatorId.parse(proto.id),
    name,
    kind,
    chainedInputs,
    outputType: outputType === null ? undefined : decodeTypeDescriptor(outputType),
  }
}

function encodeJobEdge(edge: JobEdge): JobEdgeProto {
  return { ...edge, partitioner: partitionerCodec.encode(edge.partitioner) }
}

function decodeJobEdge(proto: JobEdgeProtoOutput): JobEdge {
  const { index, inputIndex } = proto
  return {
    index,
    source: JobVertexId.parse(proto.source),
    sourceOperator: OperatorId.parse(proto.sourceOperator),
    target: JobVertexId.parse(proto.target),
    targetOperator: OperatorId.parse(proto.targetOperator),
    inputIndex,
    partitioner: partitionerCodec.decode(proto.partitioner),
  }
}
