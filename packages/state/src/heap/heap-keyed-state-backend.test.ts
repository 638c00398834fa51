import { testKeyedSnapshots } from '../contract/keyed-snapshot-test-support.ts'
import { testKeyedStateBackend } from '../contract/keyed-state-backend-test-support.ts'
import { HeapKeyedStateBackend } from './heap-keyed-state-backend.ts'

testKeyedStateBackend('heap', (clock) => new HeapKeyedStateBackend(clock))
testKeyedSnapshots(
  'heap',
  (clock, keyGroups, options) => new HeapKeyedStateBackend(clock, keyGroups, options),
)
