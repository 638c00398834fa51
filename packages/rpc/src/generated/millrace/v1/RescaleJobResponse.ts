// Original file: proto/dispatcher.proto


export interface RescaleJobResponse {
  /**
   * The job has that parallelism: nothing is done.
   */
  'isUnchanged'?: (boolean);
}

export interface RescaleJobResponse__Output {
  /**
   * The job has that parallelism: nothing is done.
   */
  'isUnchanged': (boolean);
}
