import type { ClusterOptions, SimulatedCluster } from '../cluster/simulated-cluster.ts'
import { call } from '../edge/simulated-calls.ts'

/** Threads kept ready beside those of the slots. */
const spareThreadCount = 1

// Invariants, once no job runs and nothing happens any more
//  - Every TaskManager is registered, every slot free.
//  - Each process has the threads it needs and no more; no data connection is open.

export async function checkNothingLeft(
  cluster: SimulatedCluster,
  options: ClusterOptions,
): Promise<void> {
  const { simulation, network, findJobManager, hosts } = cluster
  const asked = call(network, simulation.world, findJobManager, 'overview', (jobManager) =>
    jobManager.dispatcher.requestClusterOverview(),
  )
  let overview: Awaited<typeof asked> | undefined
  asked.then(
    (answer) => {
      overview = answer
    },
    (error: unknown) => simulation.onUncaught(error),
  )
  await simulation.run(simulation.nowMs + 10_000, () => overview !== undefined)
  const slotCount = hosts.length * options.taskManager.slotCount
  if (overview?.slotCount !== slotCount || overview.freeSlotCount !== slotCount) {
    simulation.violate(
      'no-slot-leaked',
      `${overview?.freeSlotCount} of ${overview?.slotCount} registered slots are free; the ` +
        `cluster has ${slotCount}`,
    )
  }
  for (const host of hosts) {
    const threads = cluster.threadsOf(host)
    const wanted = options.taskManager.slotCount + spareThreadCount
    if (threads.length === wanted) continue
    const names = threads.map(({ name }) => name).join(', ')
    simulation.violate('no-thread-leaked', `${host} has ${names} instead of ${wanted} threads`)
  }
  const jobHosts = [...cluster.jobManagerActor.children].map(({ name }) => name)
  if (jobHosts.length > 0) simulation.violate('no-job-host-leaked', jobHosts.join(', '))
  const dataConnections = network.openLabels.filter((label) => label.startsWith('data'))
  if (dataConnections.length > 0) {
    simulation.violate('no-data-connection-leaked', dataConnections.join(', '))
  }
}
