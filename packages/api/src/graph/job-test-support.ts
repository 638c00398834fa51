import type { JobGraph } from '@millrace/core'
import type { StreamExecutionEnvironment } from '../environment/stream-execution-environment.ts'
import { defineJob } from '../job/define-job.ts'
import { buildJob } from './build-job.ts'

/** The graph of a job function. */
export async function graphOf(
  build: (env: StreamExecutionEnvironment) => void | Promise<void>,
  config: Readonly<Record<string, string>> = {},
): Promise<JobGraph> {
  const job = await buildJob(defineJob('job', build), { args: {}, config })
  return job.jobGraph
}

/** Names of its vertices, and its edges as `vertex =partitioner=> vertex`, in order. */
export function outline(graph: JobGraph): {
  readonly vertices: readonly string[]
  readonly edges: readonly string[]
} {
  const nameOf = new Map(graph.vertices.map((vertex) => [vertex.id, vertex.name]))
  return {
    vertices: graph.vertices.map(({ name, parallelism }) => `${name} ×${parallelism}`),
    edges: graph.edges.map(
      ({ source, partitioner, inputIndex, target }) =>
        `${nameOf.get(source)} =${partitioner}=> ${nameOf.get(target)}#${inputIndex}`,
    ),
  }
}
