// Original file: proto/checkpoint.proto

import type { StateFile as _millrace_v1_StateFile, StateFile__Output as _millrace_v1_StateFile__Output } from '../../millrace/v1/StateFile.ts';

/**
 * Bytes that are part of a checkpoint: in the message itself while they are few.
 */
export interface StateBlob {
  'inline'?: (Buffer | Uint8Array | string);
  'file'?: (_millrace_v1_StateFile | null);
  'blob'?: "inline"|"file";
}

/**
 * Bytes that are part of a checkpoint: in the message itself while they are few.
 */
export interface StateBlob__Output {
  'inline'?: (Buffer);
  'file'?: (_millrace_v1_StateFile__Output | null);
  'blob'?: "inline"|"file";
}
