import { describeThrown, type JobArguments, MillraceError } from '@millrace/core'
import { StreamExecutionEnvironment } from '../environment/stream-execution-environment.ts'
import type { JobDefinition } from '../job/job-definition.ts'
import { generateJobGraph } from './job-graph-generator.ts'
import type { BuiltJob } from './stream-graph.ts'

export interface JobInputs {
  readonly args: JobArguments
  /** What the job is submitted with: parallelism.default is read here, the rest by the program. */
  readonly config: Readonly<Record<string, string>>
}

/**
 * Calls the job function with an environment of its own and chains the graph it describes. Called
 * anew for every attempt. What the function throws becomes JOB_MODULE_THREW.
 */
export async function buildJob(definition: JobDefinition, inputs: JobInputs): Promise<BuiltJob> {
  const environment = new StreamExecutionEnvironment(inputs.config)
  try {
    await definition.build(environment, inputs.args)
  } catch (error) {
    throw error instanceof MillraceError ? error : jobThrew(definition.name, error)
  }
  const graph = environment.generateStreamGraph(definition.name)
  return generateJobGraph(graph, environment.isChainingEnabled)
}

function jobThrew(name: string, error: unknown): MillraceError {
  const message = describeThrown(error)
  return new MillraceError('JOB_MODULE_THREW', `The function of job '${name}' threw: ${message}`, {
    cause: error,
    blame: 'user',
    disposition: 'fail-job',
  })
}
