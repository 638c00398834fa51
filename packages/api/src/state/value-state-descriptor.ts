import type { StateTtlConfig, TypeInformation, ValueStateDescription } from '@millrace/core'
import { CallSite } from '../stream/call-site.ts'
import { checkedFormerName, checkedName, checkedTtl, type StateOptions } from './state-options.ts'

/**
 * Names one value for each key; the name is what finds it again after a restart:
 * `new ValueStateDescriptor('total', types.float64)`.
 */
export class ValueStateDescriptor<T> implements ValueStateDescription<T> {
  readonly kind = 'value'
  readonly name: string
  readonly type: TypeInformation<T> | undefined
  readonly movedFrom?: string | undefined
  readonly ttl: StateTtlConfig | undefined

  constructor(name: string, type?: TypeInformation<T>, options: StateOptions = {}) {
    const callSite = new CallSite(new.target)
    this.name = checkedName(name, callSite)
    this.type = type
    this.movedFrom = checkedFormerName(options, callSite)
    this.ttl = checkedTtl(options, callSite)
  }
}
