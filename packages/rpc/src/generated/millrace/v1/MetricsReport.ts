// Original file: proto/job-master.proto

import type { TaskMetrics as _millrace_v1_TaskMetrics, TaskMetrics__Output as _millrace_v1_TaskMetrics__Output } from '../../millrace/v1/TaskMetrics.ts';

export interface MetricsReport {
  'tasks'?: (_millrace_v1_TaskMetrics)[];
}

export interface MetricsReport__Output {
  'tasks': (_millrace_v1_TaskMetrics__Output)[];
}
