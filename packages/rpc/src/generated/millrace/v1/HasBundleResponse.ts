// Original file: proto/dispatcher.proto


export interface HasBundleResponse {
  'isPresent'?: (boolean);
}

export interface HasBundleResponse__Output {
  'isPresent': (boolean);
}
