// Original file: proto/dispatcher.proto


export interface TriggerSavepointResponse {
  'savepointId'?: (string);
}

export interface TriggerSavepointResponse__Output {
  'savepointId': (string);
}
