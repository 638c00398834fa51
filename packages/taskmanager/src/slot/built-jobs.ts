import type { JobDefinition } from '@millrace/api'
import { type BuiltJob, buildJob } from '@millrace/api/runtime'
import { type JobInformation, type JobVertexId, MillraceError } from '@millrace/core'

interface Build {
  readonly job: Promise<BuiltJob>
  readonly usedVertices: Set<JobVertexId>
}

/**
 * The graphs a thread has built of its job. Each attempt of a vertex gets one that no attempt of it
 * has used, so that no field, timer or promise of an earlier attempt is seen by a later one;
 * vertices that start together share one.
 */
export class BuiltJobs {
  readonly #definition: Promise<JobDefinition>
  readonly #information: JobInformation
  readonly #builds: Build[] = []

  /** Begins to build the first graph at once; see `prepared`. */
  constructor(definition: Promise<JobDefinition>, information: JobInformation) {
    this.#definition = definition
    this.#information = information
    this.#begin()
  }

  /** Settles when the first graph is built. Rejects with what tasks will be refused for. */
  get prepared(): Promise<unknown> {
    return (this.#builds[0] ?? this.#begin()).job
  }

  /** A graph whose vertex was not taken before. */
  take(vertexId: JobVertexId): Promise<BuiltJob> {
    const unused = this.#builds.find(({ usedVertices }) => !usedVertices.has(vertexId))
    const build = unused ?? this.#begin()
    build.usedVertices.add(vertexId)
    // Builds in which everything was used are done with; their tasks hold what they need.
    if (this.#builds.length > buildsMax) this.#builds.shift()
    return build.job
  }

  #begin(): Build {
    const job = this.#build()
    // Whoever takes it sees the failure.
    job.catch(() => {})
    const build = { job, usedVertices: new Set<JobVertexId>() }
    this.#builds.push(build)
    return build
  }

  async #build(): Promise<BuiltJob> {
    const definition = await this.#definition
    const { args, config, graphHash } = this.#information
    const job = await buildJob(definition, { args, config })
    if (job.jobGraph.hash !== graphHash) throw graphDiffers(this.#information, job.jobGraph.hash)
    return job
  }
}

/** Restarts of parts of a job leave builds behind that some vertices have not used. */
const buildsMax = 4

function graphDiffers({ jobName, graphHash }: JobInformation, hash: string): MillraceError {
  return new MillraceError(
    'JOB_GRAPH_DIFFERS',
    `Job '${jobName}' describes another graph here (${hash.slice(0, 12)}) than where it was ` +
      `submitted (${graphHash.slice(0, 12)}). The job function must depend on its arguments ` +
      `alone: look for the time, random numbers, environment variables, files and numbers of ` +
      `processors.`,
    { blame: 'user', details: { expected: graphHash, actual: hash } },
  )
}
