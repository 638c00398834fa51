// Simulation
export type { Plant } from './simulation/cluster/plant.ts'
export { plants } from './simulation/scenario/plants.ts'
export { Scenario, type ScenarioResult } from './simulation/scenario/scenario.ts'
