import type { ReducingStateDescription, StateTtlConfig, TypeInformation } from '@millrace/core'
import type { ReduceFunction } from '../function/functions.ts'
import { CallSite } from '../stream/call-site.ts'
import { checkFunction } from './state-function.ts'
import { checkedFormerName, checkedName, checkedTtl, type StateOptions } from './state-options.ts'

/**
 * Names one value for each key, and how what is added is reduced into it:
 * `new ReducingStateDescriptor('largest', (a: number, b: number) => Math.max(a, b))`. The function
 * has no life of its own: no `open` and no `close`.
 */
export class ReducingStateDescriptor<T> implements ReducingStateDescription<T> {
  readonly kind = 'reducing'
  readonly name: string
  readonly reduceFunction: ReduceFunction<T>
  readonly type: TypeInformation<T> | undefined
  readonly movedFrom?: string | undefined
  readonly ttl: StateTtlConfig | undefined

  constructor(
    name: string,
    reduceFunction: ReduceFunction<T> | ((left: T, right: T) => T),
    type?: TypeInformation<T>,
    options: StateOptions = {},
  ) {
    const callSite = new CallSite(new.target)
    this.name = checkedName(name, callSite)
    checkFunction(reduceFunction, ['reduce'], callSite)
    this.reduceFunction =
      typeof reduceFunction === 'function' ? { reduce: reduceFunction } : reduceFunction
    this.type = type
    this.movedFrom = checkedFormerName(options, callSite)
    this.ttl = checkedTtl(options, callSite)
  }
}
