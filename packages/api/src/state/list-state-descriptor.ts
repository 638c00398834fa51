import type { ListStateDescription, StateTtlConfig, TypeInformation } from '@millrace/core'
import { CallSite } from '../stream/call-site.ts'
import { checkedFormerName, checkedName, checkedTtl, type StateOptions } from './state-options.ts'

/** Names one list for each key: `new ListStateDescriptor('recent', types.string)`. */
export class ListStateDescriptor<T> implements ListStateDescription<T> {
  readonly kind = 'list'
  readonly name: string
  readonly elementType: TypeInformation<T> | undefined
  readonly movedFrom?: string | undefined
  readonly ttl: StateTtlConfig | undefined

  constructor(name: string, elementType?: TypeInformation<T>, options: StateOptions = {}) {
    const callSite = new CallSite(new.target)
    this.name = checkedName(name, callSite)
    this.elementType = elementType
    this.movedFrom = checkedFormerName(options, callSite)
    this.ttl = checkedTtl(options, callSite)
  }
}
