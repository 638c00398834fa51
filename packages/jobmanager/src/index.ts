// High availability
export { FileSystemHighAvailability } from './high-availability/file-system-high-availability.ts'
export type {
  CheckpointPointer,
  HighAvailabilityServices,
  JobRecord,
  RecoverableJob,
} from './high-availability/high-availability-services.ts'
export { NoHighAvailability } from './high-availability/no-high-availability.ts'
// The JobManager
export { JobManager } from './job-manager.ts'
export {
  type JobManagerEnvironment,
  type JobManagerOptions,
  jobManagerOptionsDefault,
} from './job-manager-options.ts'
// Threads
export { jobHostThread } from './job-master/job-host.ts'
