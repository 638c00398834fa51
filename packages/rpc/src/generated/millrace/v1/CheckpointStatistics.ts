// Original file: proto/dispatcher.proto

import type { CompletedCheckpointDetails as _millrace_v1_CompletedCheckpointDetails, CompletedCheckpointDetails__Output as _millrace_v1_CompletedCheckpointDetails__Output } from '../../millrace/v1/CompletedCheckpointDetails.ts';
import type { FailedCheckpointDetails as _millrace_v1_FailedCheckpointDetails, FailedCheckpointDetails__Output as _millrace_v1_FailedCheckpointDetails__Output } from '../../millrace/v1/FailedCheckpointDetails.ts';
import type { RestoredCheckpointDetails as _millrace_v1_RestoredCheckpointDetails, RestoredCheckpointDetails__Output as _millrace_v1_RestoredCheckpointDetails__Output } from '../../millrace/v1/RestoredCheckpointDetails.ts';
import type { PendingCheckpointDetails as _millrace_v1_PendingCheckpointDetails, PendingCheckpointDetails__Output as _millrace_v1_PendingCheckpointDetails__Output } from '../../millrace/v1/PendingCheckpointDetails.ts';
import type { Long } from '@grpc/proto-loader';

export interface CheckpointStatistics {
  'completedCount'?: (number | string | Long);
  'failedCount'?: (number | string | Long);
  'latestCompleted'?: (_millrace_v1_CompletedCheckpointDetails | null);
  'latestFailed'?: (_millrace_v1_FailedCheckpointDetails | null);
  'latestRestored'?: (_millrace_v1_RestoredCheckpointDetails | null);
  /**
   * The oldest first.
   */
  'pending'?: (_millrace_v1_PendingCheckpointDetails)[];
}

export interface CheckpointStatistics__Output {
  'completedCount': (number);
  'failedCount': (number);
  'latestCompleted': (_millrace_v1_CompletedCheckpointDetails__Output | null);
  'latestFailed': (_millrace_v1_FailedCheckpointDetails__Output | null);
  'latestRestored': (_millrace_v1_RestoredCheckpointDetails__Output | null);
  /**
   * The oldest first.
   */
  'pending': (_millrace_v1_PendingCheckpointDetails__Output)[];
}
