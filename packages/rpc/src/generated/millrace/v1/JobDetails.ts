// Original file: proto/dispatcher.proto

import type { JobOverview as _millrace_v1_JobOverview, JobOverview__Output as _millrace_v1_JobOverview__Output } from '../../millrace/v1/JobOverview.ts';
import type { JobGraph as _millrace_v1_JobGraph, JobGraph__Output as _millrace_v1_JobGraph__Output } from '../../millrace/v1/JobGraph.ts';
import type { VertexDetails as _millrace_v1_VertexDetails, VertexDetails__Output as _millrace_v1_VertexDetails__Output } from '../../millrace/v1/VertexDetails.ts';
import type { ErrorInfo as _millrace_v1_ErrorInfo, ErrorInfo__Output as _millrace_v1_ErrorInfo__Output } from '../../millrace/v1/ErrorInfo.ts';
import type { FailureRecord as _millrace_v1_FailureRecord, FailureRecord__Output as _millrace_v1_FailureRecord__Output } from '../../millrace/v1/FailureRecord.ts';
import type { EdgeDetails as _millrace_v1_EdgeDetails, EdgeDetails__Output as _millrace_v1_EdgeDetails__Output } from '../../millrace/v1/EdgeDetails.ts';
import type { CheckpointStatistics as _millrace_v1_CheckpointStatistics, CheckpointStatistics__Output as _millrace_v1_CheckpointStatistics__Output } from '../../millrace/v1/CheckpointStatistics.ts';
import type { RescaleDetails as _millrace_v1_RescaleDetails, RescaleDetails__Output as _millrace_v1_RescaleDetails__Output } from '../../millrace/v1/RescaleDetails.ts';

export interface JobDetails {
  'overview'?: (_millrace_v1_JobOverview | null);
  'graph'?: (_millrace_v1_JobGraph | null);
  'vertices'?: (_millrace_v1_VertexDetails)[];
  /**
   * Why it FAILED.
   */
  'failure'?: (_millrace_v1_ErrorInfo | null);
  /**
   * Failures the job met, the newest last, bounded.
   */
  'failures'?: (_millrace_v1_FailureRecord)[];
  /**
   * What it waits for right now, else empty.
   */
  'waitingFor'?: (string);
  /**
   * In the order of the graph's edges.
   */
  'edges'?: (_millrace_v1_EdgeDetails)[];
  /**
   * Unset where checkpointing is off.
   */
  'checkpoints'?: (_millrace_v1_CheckpointStatistics | null);
  /**
   * The latest change of the parallelism; unset where there was none.
   */
  'rescale'?: (_millrace_v1_RescaleDetails | null);
}

export interface JobDetails__Output {
  'overview': (_millrace_v1_JobOverview__Output | null);
  'graph': (_millrace_v1_JobGraph__Output | null);
  'vertices': (_millrace_v1_VertexDetails__Output)[];
  /**
   * Why it FAILED.
   */
  'failure': (_millrace_v1_ErrorInfo__Output | null);
  /**
   * Failures the job met, the newest last, bounded.
   */
  'failures': (_millrace_v1_FailureRecord__Output)[];
  /**
   * What it waits for right now, else empty.
   */
  'waitingFor': (string);
  /**
   * In the order of the graph's edges.
   */
  'edges': (_millrace_v1_EdgeDetails__Output)[];
  /**
   * Unset where checkpointing is off.
   */
  'checkpoints': (_millrace_v1_CheckpointStatistics__Output | null);
  /**
   * The latest change of the parallelism; unset where there was none.
   */
  'rescale': (_millrace_v1_RescaleDetails__Output | null);
}
