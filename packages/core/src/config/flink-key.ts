// Keys of a Flink config.yaml that have no meaning here. They are ignored, and each is said.

const ignoredKeys: readonly RegExp[] = [
  /^env\./,
  /^(jobmanager|taskmanager)\.memory\./,
  /^taskmanager\.network\.memory\./,
  /^(jobmanager|taskmanager)\.cpu\./,
  /^rest\./,
  /^web\./,
  /^historyserver\./,
  /^akka\./,
  /^pekko\./,
  /^classloader\./,
  /^security\./,
  /^zookeeper\./,
  /^high-availability\.(zookeeper|kubernetes|jobmanager|use-old-ha-services)(\.|$)/,
  /^state\.(changelog|backend\.(rocksdb|forst|incremental))(\.|$)/,
  /^state\.(checkpoint-storage|checkpoints\.create-subdir|storage\.)/,
  /^execution\.checkpointing\.(file-merging|cleaner)(\.|$)/,
  /^execution\.checkpointing\.unaligned\.(forced|interruptible-timers|max-subtasks)(\W|$)/,
  /^execution\.checkpointing\.checkpoints-after-tasks-finish(\.|$)/,
  /^execution\.checkpointing\.interval-during-backlog$/,
  /^execution\.checkpointing\.(incremental|snapshot-compression|storage)$/,
  /^execution\.checkpointing\.(write-buffer-size|create-subdir)$/,
  /^execution\.state-recovery\.(ignore-unclaimed-state|from-local|without-channel-state)/,
  /^metrics\./,
  /^s3\.(entropy|bulk-copy|async|read|chunked-encoding|checksum-validation)\./,
  /^table\./,
  /^sql-client\./,
  /^pipeline\.(max-parallelism|auto-generate-uids|object-reuse)$/,
  /^jobmanager\.(scheduler|adaptive-scheduler.*|execution\.failover-strategy|archive\..*)$/,
  /^task\.cancellation\.interval$/,
  /^slot\.idle\.timeout$/,
  /^heartbeat\.rpc-failure-threshold$/,
]

/** Whether Flink knows the key and Millrace has nothing it could do. */
export function isIgnoredFlinkKey(key: string): boolean {
  return ignoredKeys.some((pattern) => pattern.test(key))
}
