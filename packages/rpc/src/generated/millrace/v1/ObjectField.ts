// Original file: proto/types.proto

import type { TypeDescriptor as _millrace_v1_TypeDescriptor, TypeDescriptor__Output as _millrace_v1_TypeDescriptor__Output } from '../../millrace/v1/TypeDescriptor.ts';

export interface ObjectField {
  'name'?: (string);
  'type'?: (_millrace_v1_TypeDescriptor | null);
}

export interface ObjectField__Output {
  'name': (string);
  'type': (_millrace_v1_TypeDescriptor__Output | null);
}
