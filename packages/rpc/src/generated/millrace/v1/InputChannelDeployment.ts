// Original file: proto/task-executor.proto


export interface InputChannelDeployment {
  'producerSubtask'?: (number);
  'producerAttemptId'?: (string);
  /**
   * Data port of the producer's slot, `host:port`.
   */
  'address'?: (string);
}

export interface InputChannelDeployment__Output {
  'producerSubtask': (number);
  'producerAttemptId': (string);
  /**
   * Data port of the producer's slot, `host:port`.
   */
  'address': (string);
}
