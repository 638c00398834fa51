// Original file: proto/types.proto

import type { TypeKind as _millrace_v1_TypeKind, TypeKind__Output as _millrace_v1_TypeKind__Output } from '../../millrace/v1/TypeKind.ts';
import type { TypeDescriptor as _millrace_v1_TypeDescriptor, TypeDescriptor__Output as _millrace_v1_TypeDescriptor__Output } from '../../millrace/v1/TypeDescriptor.ts';
import type { ObjectField as _millrace_v1_ObjectField, ObjectField__Output as _millrace_v1_ObjectField__Output } from '../../millrace/v1/ObjectField.ts';

/**
 * A declared record type.
 */
export interface TypeDescriptor {
  'kind'?: (_millrace_v1_TypeKind);
  /**
   * The type inside optional, nullable and array.
   */
  'of'?: (_millrace_v1_TypeDescriptor | null);
  /**
   * The types of a tuple, in order.
   */
  'items'?: (_millrace_v1_TypeDescriptor)[];
  /**
   * The fields of an object, in declaration order.
   */
  'fields'?: (_millrace_v1_ObjectField)[];
}

/**
 * A declared record type.
 */
export interface TypeDescriptor__Output {
  'kind': (_millrace_v1_TypeKind__Output);
  /**
   * The type inside optional, nullable and array.
   */
  'of': (_millrace_v1_TypeDescriptor__Output | null);
  /**
   * The types of a tuple, in order.
   */
  'items': (_millrace_v1_TypeDescriptor__Output)[];
  /**
   * The fields of an object, in declaration order.
   */
  'fields': (_millrace_v1_ObjectField__Output)[];
}
