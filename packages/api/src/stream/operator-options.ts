/** Settings of one operator: as the last argument of what makes it, or by methods of the result. */
export interface OperatorOptions {
  /**
   * Stable name (Flink's uid), unique in the job: identifies the operator and its state across
   * versions of the program. Stateful operators, sources and sinks must have one.
   */
  readonly name?: string | undefined
  /** Number of subtasks, 1 to 32768. Default: that of the environment. */
  readonly parallelism?: number | undefined
  /** Subtasks of one group share slots. Default: the group of the inputs. */
  readonly slotSharingGroup?: string | undefined
  /** 'head': begins a new chain. 'never': is alone in its chain. Default 'always'. */
  readonly chaining?: 'always' | 'head' | 'never' | undefined
}
