import type { ChannelOptions } from '@grpc/grpc-js'

/** A message larger than this is refused by both ends. */
export const messageBytesMax: number = 64 * 1024 * 1024

/** Bundles travel in pieces of at most this size. */
export const bundleChunkBytes: number = 256 * 1024

// A peer that is gone without a word is found by pings, not by TCP's minutes.
const keepAliveOptions: ChannelOptions = {
  'grpc.keepalive_time_ms': 5000,
  'grpc.keepalive_timeout_ms': 5000,
  'grpc.max_receive_message_length': messageBytesMax,
  'grpc.max_send_message_length': messageBytesMax,
}

export const serverOptions: ChannelOptions = keepAliveOptions

export const clientOptions: ChannelOptions = {
  ...keepAliveOptions,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  // The cluster is dialed as it is named, whatever the environment's proxy is.
  'grpc.enable_http_proxy': 0,
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
  // Every client owns its connection: it closes with it, and none waits for another's backoff.
  'grpc.use_local_subchannel_pool': 1,
}
