/** Settings of one operator: as the last argument of what makes it, or by methods of the result. */
export interface OperatorOptions {
  /**
   * Stable name (Flink's uid), unique in the job: identifies the operator and its state across
   * versions of the program. Stateful operators, sources and sinks must have one.
   */
  readonly name?: string | undefined
  /**
   * The name it had: goes on with the state that a savepoint has of the operator of that name. Once
   * a savepoint was taken that has the new name it can go.
   */
  readonly movedFrom?: string | undefined
  /** Number of subtasks, 1 to 32768. Default: that of the environment. */
  readonly parallelism?: number | undefined
  /** Subtasks of one group share slots. Default: the group of the inputs. */
  readonly slotSharingGroup?: string | undefined
  /** 'head': begins a new chain. 'never': is alone in its chain. Default 'always'. */
  readonly chaining?: 'always' | 'head' | 'never' | undefined
}
