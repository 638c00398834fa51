import type { MapStateDescription, StateTtlConfig, TypeInformation } from '@millrace/core'
import { CallSite } from '../stream/call-site.ts'
import { checkedFormerName, checkedName, checkedTtl, type StateOptions } from './state-options.ts'

/** Names one map for each key: `new MapStateDescriptor('by-item', types.string, types.float64)`. */
export class MapStateDescriptor<K, V> implements MapStateDescription<K, V> {
  readonly kind = 'map'
  readonly name: string
  readonly keyType: TypeInformation<K> | undefined
  readonly valueType: TypeInformation<V> | undefined
  readonly movedFrom?: string | undefined
  readonly ttl: StateTtlConfig | undefined

  constructor(
    name: string,
    keyType?: TypeInformation<K>,
    valueType?: TypeInformation<V>,
    options: StateOptions = {},
  ) {
    const callSite = new CallSite(new.target)
    this.name = checkedName(name, callSite)
    this.keyType = keyType
    this.valueType = valueType
    this.movedFrom = checkedFormerName(options, callSite)
    this.ttl = checkedTtl(options, callSite)
  }
}
