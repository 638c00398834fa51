// Original file: proto/dispatcher.proto


export interface UploadBundleResponse {
}

export interface UploadBundleResponse__Output {
}
