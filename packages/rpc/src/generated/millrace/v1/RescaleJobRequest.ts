// Original file: proto/dispatcher.proto


export interface RescaleJobRequest {
  'jobId'?: (string);
  /**
   * Of all operators that have none of their own.
   */
  'parallelism'?: (number);
}

export interface RescaleJobRequest__Output {
  'jobId': (string);
  /**
   * Of all operators that have none of their own.
   */
  'parallelism': (number);
}
