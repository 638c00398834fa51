// Original file: proto/dispatcher.proto


export interface CancelJobResponse {
}

export interface CancelJobResponse__Output {
}
