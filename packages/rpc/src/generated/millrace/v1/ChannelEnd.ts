// Original file: proto/types.proto

/**
 * The two ends of a channel between two subtasks.
 */
export const ChannelEnd = {
  CHANNEL_END_UNSPECIFIED: 'CHANNEL_END_UNSPECIFIED',
  CHANNEL_END_SENT: 'CHANNEL_END_SENT',
  CHANNEL_END_RECEIVED: 'CHANNEL_END_RECEIVED',
} as const;

/**
 * The two ends of a channel between two subtasks.
 */
export type ChannelEnd =
  | 'CHANNEL_END_UNSPECIFIED'
  | 0
  | 'CHANNEL_END_SENT'
  | 1
  | 'CHANNEL_END_RECEIVED'
  | 2

/**
 * The two ends of a channel between two subtasks.
 */
export type ChannelEnd__Output = typeof ChannelEnd[keyof typeof ChannelEnd]
