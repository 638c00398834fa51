import type { JobGraph, JobVertex } from '@millrace/core'
import { bundleJob } from '../bundle/job-bundle.ts'
import { withDispatcher } from '../client/dispatcher-connection.ts'
import { parseJobArguments } from '../client/job-arguments.ts'
import { jobConfigOf, planProgram, planRestore } from '../client/job-submission.ts'
import { slotCountOf } from '../client/slot-count.ts'
import { exitCodes } from '../exit-code.ts'
import { formatQuantity } from '../terminal/format.ts'
import { note, print, printJson } from '../terminal/output.ts'
import { isRefused, renderRestorePlan } from '../terminal/restore-report.ts'
import { type Command, defineCommand } from './command.ts'
import {
  clientOptions,
  jobManagerEntries,
  loadCommandConfiguration,
  optionEntry,
} from './configuration-arguments.ts'
import { outputOptions } from './output-arguments.ts'
import { restoreEntries, restoreOptions } from './restore-arguments.ts'
import { wordsAfterDashes } from './run.ts'

export const command: Command = defineCommand(
  (yargs) =>
    restoreOptions(clientOptions(outputOptions(yargs)))
      .positional('module', {
        type: 'string',
        demandOption: true,
        describe: 'The job: a TypeScript or JavaScript file',
      })
      .option('parallelism', {
        alias: 'p',
        type: 'string',
        requiresArg: true,
        describe: 'Parallelism of operators that set none (parallelism.default)',
      })
      .example('$0 info job.ts -- --input data', 'What follows -- goes to the job'),
  async (args) => {
    const { configuration, flags } = await loadCommandConfiguration(args, [
      ...jobManagerEntries(args.jobmanager),
      ...optionEntry('--parallelism', 'parallelism.default', args.parallelism),
      ...restoreEntries(args),
    ])
    const isLocal = args.jobmanager === undefined
    const config = jobConfigOf(flags, { isLocal })
    const bundle = await bundleJob(args.module)
    for (const warning of bundle.warnings) note(warning)
    const program = { bundle, args: parseJobArguments(wordsAfterDashes(args)), config }
    // The graph is the same wherever it is built, so without --jobmanager no cluster is needed.
    const { withLocalJobManager } = await import('../composition/local-cluster.ts')
    const connect = isLocal ? withLocalJobManager : withDispatcher
    if (args['from-savepoint'] !== undefined) {
      const plan = await connect(configuration, (gateway) => planRestore(gateway, program))
      if (args.json) printJson(plan)
      else print(await renderRestorePlan(plan))
      return isRefused(plan) ? exitCodes.failed : exitCodes.success
    }
    const graph = await connect(configuration, (gateway) => planProgram(gateway, program))
    if (args.json) printJson(graph)
    else print(describeGraph(graph))
    return exitCodes.success
  },
)

function describeGraph(graph: JobGraph): string {
  const settings = Object.entries(graph.config).map(([key, value]) => `  ${key}: ${value}`)
  return [
    `${graph.name}, ${graph.boundedness === 'bounded' ? 'bounded' : 'unbounded'}, ` +
      `${formatQuantity(slotCountOf(graph), 'slot')}, graph ${graph.hash.slice(0, 12)}`,
    ...settings,
    ...graph.vertices.flatMap((vertex) => describeVertex(graph, vertex)),
  ].join('\n')
}

function describeVertex(graph: JobGraph, vertex: JobVertex): readonly string[] {
  const names = new Map(graph.vertices.map(({ id, name }) => [id, name]))
  const inputs = graph.edges
    .filter(({ target }) => target === vertex.id)
    .map(({ source, partitioner }) => `  ← ${names.get(source) ?? source} (${partitioner})`)
  const operators = vertex.operators.map(({ name, kind }) => `    ${name} [${kind}]`)
  return ['', `${vertex.name} × ${vertex.parallelism}`, ...inputs, ...operators]
}
