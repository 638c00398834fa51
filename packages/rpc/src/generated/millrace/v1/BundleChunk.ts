// Original file: proto/types.proto


/**
 * A piece of a bundle; pieces come in order.
 */
export interface BundleChunk {
  'data'?: (Buffer | Uint8Array | string);
}

/**
 * A piece of a bundle; pieces come in order.
 */
export interface BundleChunk__Output {
  'data': (Buffer);
}
