// MiniCluster and simulation, for the tests of users.
export * from '@millrace/testing'
export { MiniCluster } from './composition/mini-cluster.ts'
