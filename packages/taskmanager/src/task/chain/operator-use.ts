import type { ChainCode, StreamOperator } from '@millrace/api/runtime'

export interface OperatorUse {
  readonly emits: number
  readonly collects: boolean
  readonly pulls: boolean
}

/** What an operator writes with, found by letting it write once to nowhere. */
export function operatorUse(operator: StreamOperator, inputIndex: number): OperatorUse {
  let emits = 0
  let collects = false
  let pulls = false
  const probe: ChainCode = {
    value: 'value',
    key: 'key',
    bind: () => 'bound',
    emit: () => {
      emits++
      return ''
    },
    collector: () => {
      collects = true
      return 'collector'
    },
    pull: () => {
      pulls = true
      return ''
    },
    local: (hint) => hint,
  }
  operator.generate(probe, inputIndex)
  return { emits, collects, pulls }
}
