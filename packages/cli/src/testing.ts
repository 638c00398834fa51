// Harness, MiniCluster and contract suites, for the tests of users.
export * from '@millrace/testing'
