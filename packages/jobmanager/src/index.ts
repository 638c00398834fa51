// The JobManager
export { JobManager } from './job-manager.ts'
export {
  type JobManagerEnvironment,
  type JobManagerOptions,
  jobManagerOptionsDefault,
} from './job-manager-options.ts'
// Threads
export { jobHostThread } from './job-master/job-host.ts'
