// Original file: proto/resource-manager.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { BundleChunk as _millrace_v1_BundleChunk, BundleChunk__Output as _millrace_v1_BundleChunk__Output } from '../../millrace/v1/BundleChunk.ts';
import type { BundleRequest as _millrace_v1_BundleRequest, BundleRequest__Output as _millrace_v1_BundleRequest__Output } from '../../millrace/v1/BundleRequest.ts';
import type { SessionFrame as _millrace_v1_SessionFrame, SessionFrame__Output as _millrace_v1_SessionFrame__Output } from '../../millrace/v1/SessionFrame.ts';

export interface ResourceManagerClient extends grpc.Client {
  /**
   * The bundle in pieces; an unknown hash is FILE_NOT_FOUND.
   */
  FetchBundle(argument: _millrace_v1_BundleRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_millrace_v1_BundleChunk__Output>;
  FetchBundle(argument: _millrace_v1_BundleRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_millrace_v1_BundleChunk__Output>;
  /**
   * The bundle in pieces; an unknown hash is FILE_NOT_FOUND.
   */
  fetchBundle(argument: _millrace_v1_BundleRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_millrace_v1_BundleChunk__Output>;
  fetchBundle(argument: _millrace_v1_BundleRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_millrace_v1_BundleChunk__Output>;
  
  /**
   * One connection of a session. The TaskManager speaks first: `register` opens a new session,
   * `resume` goes on with one whose connection broke. Every later frame carries the session's id;
   * a frame of any other session is refused with SESSION_FENCED.
   */
  OpenSession(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_millrace_v1_SessionFrame, _millrace_v1_SessionFrame__Output>;
  OpenSession(options?: grpc.CallOptions): grpc.ClientDuplexStream<_millrace_v1_SessionFrame, _millrace_v1_SessionFrame__Output>;
  /**
   * One connection of a session. The TaskManager speaks first: `register` opens a new session,
   * `resume` goes on with one whose connection broke. Every later frame carries the session's id;
   * a frame of any other session is refused with SESSION_FENCED.
   */
  openSession(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_millrace_v1_SessionFrame, _millrace_v1_SessionFrame__Output>;
  openSession(options?: grpc.CallOptions): grpc.ClientDuplexStream<_millrace_v1_SessionFrame, _millrace_v1_SessionFrame__Output>;
  
}

export interface ResourceManagerHandlers extends grpc.UntypedServiceImplementation {
  /**
   * The bundle in pieces; an unknown hash is FILE_NOT_FOUND.
   */
  FetchBundle: grpc.handleServerStreamingCall<_millrace_v1_BundleRequest__Output, _millrace_v1_BundleChunk>;
  
  /**
   * One connection of a session. The TaskManager speaks first: `register` opens a new session,
   * `resume` goes on with one whose connection broke. Every later frame carries the session's id;
   * a frame of any other session is refused with SESSION_FENCED.
   */
  OpenSession: grpc.handleBidiStreamingCall<_millrace_v1_SessionFrame__Output, _millrace_v1_SessionFrame>;
  
}

export interface ResourceManagerDefinition extends grpc.ServiceDefinition {
  FetchBundle: MethodDefinition<_millrace_v1_BundleRequest, _millrace_v1_BundleChunk, _millrace_v1_BundleRequest__Output, _millrace_v1_BundleChunk__Output>
  OpenSession: MethodDefinition<_millrace_v1_SessionFrame, _millrace_v1_SessionFrame, _millrace_v1_SessionFrame__Output, _millrace_v1_SessionFrame__Output>
}
