// Original file: proto/dispatcher.proto

import type { BundleReference as _millrace_v1_BundleReference, BundleReference__Output as _millrace_v1_BundleReference__Output } from '../../millrace/v1/BundleReference.ts';
import type { BundleChunk as _millrace_v1_BundleChunk, BundleChunk__Output as _millrace_v1_BundleChunk__Output } from '../../millrace/v1/BundleChunk.ts';

export interface UploadBundleRequest {
  'expected'?: (_millrace_v1_BundleReference | null);
  'chunk'?: (_millrace_v1_BundleChunk | null);
  'part'?: "expected"|"chunk";
}

export interface UploadBundleRequest__Output {
  'expected'?: (_millrace_v1_BundleReference__Output | null);
  'chunk'?: (_millrace_v1_BundleChunk__Output | null);
  'part'?: "expected"|"chunk";
}
