// Original file: proto/task-executor.proto


export interface ConsumerDeployment {
  'consumerSubtask'?: (number);
  'consumerAttemptId'?: (string);
}

export interface ConsumerDeployment__Output {
  'consumerSubtask': (number);
  'consumerAttemptId': (string);
}
