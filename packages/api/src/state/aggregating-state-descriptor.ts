import type {
  AggregateFunction,
  AggregatingStateDescription,
  StateTtlConfig,
  TypeInformation,
} from '@millrace/core'
import { CallSite } from '../stream/call-site.ts'
import { checkFunction } from './state-function.ts'
import { checkedFormerName, checkedName, checkedTtl, type StateOptions } from './state-options.ts'

/**
 * Names one accumulator for each key, and the function that adds to it:
 * `new AggregatingStateDescriptor('average', average)`. The type is that of the accumulator.
 */
export class AggregatingStateDescriptor<In, Accumulator, Out>
  implements AggregatingStateDescription<In, Accumulator, Out>
{
  readonly kind = 'aggregating'
  readonly name: string
  readonly aggregateFunction: AggregateFunction<In, Accumulator, Out>
  readonly accumulatorType: TypeInformation<Accumulator> | undefined
  readonly movedFrom?: string | undefined
  readonly ttl: StateTtlConfig | undefined

  constructor(
    name: string,
    aggregateFunction: AggregateFunction<In, Accumulator, Out>,
    accumulatorType?: TypeInformation<Accumulator>,
    options: StateOptions = {},
  ) {
    const callSite = new CallSite(new.target)
    this.name = checkedName(name, callSite)
    checkFunction(aggregateFunction, ['createAccumulator', 'add', 'getResult'], callSite)
    this.aggregateFunction = aggregateFunction
    this.accumulatorType = accumulatorType
    this.movedFrom = checkedFormerName(options, callSite)
    this.ttl = checkedTtl(options, callSite)
  }
}
