// Original file: proto/resource-manager.proto


export interface BundleRequest {
  /**
   * SHA-256 of the bundle.
   */
  'hash'?: (string);
}

export interface BundleRequest__Output {
  /**
   * SHA-256 of the bundle.
   */
  'hash': (string);
}
