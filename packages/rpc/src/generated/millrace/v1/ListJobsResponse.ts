// Original file: proto/dispatcher.proto

import type { JobOverview as _millrace_v1_JobOverview, JobOverview__Output as _millrace_v1_JobOverview__Output } from '../../millrace/v1/JobOverview.ts';

export interface ListJobsResponse {
  'jobs'?: (_millrace_v1_JobOverview)[];
}

export interface ListJobsResponse__Output {
  'jobs': (_millrace_v1_JobOverview__Output)[];
}
