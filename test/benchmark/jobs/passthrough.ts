import { eventJob } from './event-jobs.ts'

export default eventJob('passthrough')
