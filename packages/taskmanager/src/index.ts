// The TaskManager's main thread
export type { BundleCacheOptions, FetchBundle } from './task-executor/bundle-cache.ts'
export { TaskExecutor } from './task-executor/task-executor.ts'
export type {
  TaskExecutorEnvironment,
  TaskExecutorOptions,
} from './task-executor/task-executor-options.ts'
