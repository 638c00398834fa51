import type { ChainCode, StreamOperator } from '@millrace/api/runtime'
import type { RecordWriter } from '../../network/record-writer.ts'
import type { ChainControl } from './chain-control.ts'
import { ChainNames } from './chain-names.ts'
import { lineMark, sourceUrlOf } from './chain-places.ts'
import type { ChainPlan, PlannedOperator, PlannedOutput } from './chain-plan.ts'
import { emissionCode } from './emission-code.ts'
import { type OperatorUse, operatorUse } from './operator-use.ts'

/** An operator's life: what a source has in common with all others. */
export type ChainedOperator = Omit<StreamOperator, 'generate'>

/** What the generated code of a chain runs on. */
export interface ChainParts {
  readonly plan: ChainPlan
  /** By index: StreamOperators, but for a source, which only emits. */
  readonly operators: readonly ChainedOperator[]
  /** By position in `plan.outputs`. */
  readonly writers: readonly RecordWriter[]
  readonly control: ChainControl
  /** Takes the key of each record of a keyed input. */
  readonly keyed: { setCurrentKey(key: unknown, hash: number): void }
  /**
   * Records an error on the task, and gives it back to be thrown on. `method`: of the function that
   * was called, where it was not for a record.
   */
  readonly fail: (error: unknown, operatorIndex: number, method?: string) => unknown
  /** Checks each record against the operator's declared type; undefined where none is declared. */
  readonly checks: readonly (((record: unknown) => void) | undefined)[]
  /** Freezes each record that is handed over. */
  readonly freeze: ((record: unknown) => void) | undefined
}

export interface GeneratedChain {
  readonly text: string
  readonly bindings: readonly unknown[]
}

// The text's shape:
//   an operator's statements stand inline where it has one feeder and does not pull, else in
//   run_<operator>_<input>(value, key, hash);
//   what follows an operator stands inline where it is used once, else in the `collect` of the
//   operator's collector: Collector_<operator>.
export function generateChain(parts: ChainParts): GeneratedChain {
  return new ChainGenerator(parts).generate()
}

/** What the code that calls an operator has at hand. */
interface RecordNames {
  /** Set where no record is processed: the method of the function that is called. */
  readonly method?: string
  readonly value: string
  readonly key: string
  readonly hash: string
}

/**
 * Operators in one function. Every operator has a collector, whose text holds what follows: without
 * a bound the text of a chain would grow with the square of its length.
 */
const inlinedOperatorsMax = 16

class ChainGenerator {
  readonly #parts: ChainParts
  readonly #names = new ChainNames()
  readonly #declarations: string[] = []
  readonly #declared = new Set<string>()
  /** Operators around the statements being written, within one function. */
  #inlinedCount = 0

  constructor(parts: ChainParts) {
    this.#parts = parts
  }

  generate(): GeneratedChain {
    const { plan } = this.#parts
    const inputs = plan.inputs.map((input, position) => {
      const { operatorIndex, inputIndex, isKeyed } = input
      return this.#declareInput(position, operatorIndex, inputIndex, isKeyed)
    })
    const collectors = plan.operators.map((operator) => this.#collectorOf(operator))
    const timers = plan.operators.map((operator) => this.#declareTimer(operator))
    const names = this.#names.bindingNames.map(
      (name, index) => `const ${name} = bindings[${index}];`,
    )
    const text = [
      `'use strict';`,
      ...names,
      ...this.#declarations,
      `return { inputs: [${inputs.join(', ')}], collectors: [${collectors.join(', ')}],`,
      `timers: [${timers.join(', ')}] };`,
      `//# sourceURL=${sourceUrlOf(plan.vertexId)}`,
    ].join('\n')
    return { text, bindings: this.#names.bindings }
  }

  /** The function that network channels and in-slot producers call: its errors are the task's. */
  #declareInput(position: number, index: number, inputIndex: number, isKeyed: boolean): string {
    const name = `input_${position}`
    const names: RecordNames = isKeyed
      ? { value: 'value', key: 'key', hash: 'hash' }
      : { value: 'value', key: 'undefined', hash: '0' }
    // An operator that pulls sets the key itself, because records may reach it later.
    const isSetHere = isKeyed && !this.#useOf(index, inputIndex).pulls
    const setKey = isSetHere
      ? `${this.#names.bind(this.#parts.keyed, 'keyed')}.setCurrentKey(key, hash);\n`
      : ''
    this.#declare(
      name,
      `function ${name}(value, key, hash) {
try {
${lineMark(index)} ${setKey}${this.#process(index, inputIndex, names)}
} catch (error) { throw ${this.#names.bind(this.#parts.fail, 'fail')}(error, ${index}); }
}`,
    )
    return name
  }

  /** The function that fires a timer of the operator, `undefined` where it has none. */
  #declareTimer(operator: PlannedOperator): string {
    const { index } = operator
    const [name, method] = [`timer_${index}`, 'onTimer']
    const chained = this.#parts.operators[index] as Partial<StreamOperator>
    if (!operator.isKeyed || chained.generateTimer === undefined) return 'undefined'
    const names = { value: 'timestamp', key: 'key', hash: 'hash', method }
    const collect = (expression: string): string =>
      `${this.#collectorOf(operator)}.collect(${expression});`
    const text = chained.generateTimer(this.#codeOf(operator, names, collect))
    if (text === undefined) return 'undefined'
    const { keyed, fail } = this.#parts
    const mark = lineMark(index, method)
    this.#declare(
      name,
      `function ${name}(timestamp, key, hash) {
try {
${mark} ${this.#names.bind(keyed, 'keyed')}.setCurrentKey(key, hash);
${mark} ${text}
} catch (error) { throw ${this.#names.bind(fail, 'fail')}(error, ${index}, '${method}'); }
}`,
    )
    return name
  }

  /** Statements that let operator `index` process a record. */
  #process(index: number, inputIndex: number, names: RecordNames): string {
    const use = this.#useOf(index, inputIndex)
    const isSmall = this.#inlinedCount < inlinedOperatorsMax
    if (isSmall && !use.pulls && this.#feederCount(index, inputIndex) === 1) {
      this.#inlinedCount++
      const statements = this.#statements(index, inputIndex, names, use)
      this.#inlinedCount--
      return statements
    }
    const { value, key, hash } = names
    return `${this.#declareRun(index, inputIndex, use)}(${value}, ${key}, ${hash});`
  }

  #declareRun(index: number, inputIndex: number, use: OperatorUse): string {
    const name = `run_${index}_${inputIndex}`
    if (this.#declared.has(name)) return name
    this.#declared.add(name)
    const { control, keyed, plan } = this.#parts
    const names: RecordNames = { value: 'value', key: 'key', hash: 'hash' }
    const isKeyed = plan.operators[index]?.isKeyed === true
    const defer = use.pulls
      ? `if (${this.#names.bind(control, 'control')}.suspended) {
${this.#names.bind(control, 'control')}.defer(${name}, value, key, hash); return;
}
`
      : ''
    // A deferred record comes when another key is current.
    const setKey =
      isKeyed && use.pulls ? `${this.#names.bind(keyed, 'keyed')}.setCurrentKey(key, hash);\n` : ''
    this.#declare(
      name,
      `function ${name}(value, key, hash) {
${defer}${setKey}${this.#inOwnFunction(() => this.#statements(index, inputIndex, names, use))}
}`,
    )
    return name
  }

  #inOwnFunction(write: () => string): string {
    const inlinedCount = this.#inlinedCount
    this.#inlinedCount = 0
    const text = write()
    this.#inlinedCount = inlinedCount
    return text
  }

  #statements(index: number, inputIndex: number, names: RecordNames, use: OperatorUse): string {
    const operator = this.#parts.plan.operators[index] as PlannedOperator
    const follow = (expression: string): string => {
      if (use.emits > 1 || use.collects)
        return `${this.#collectorOf(operator)}.collect(${expression});`
      return this.#follow(operator, expression)
    }
    const code = this.#codeOf(operator, names, follow)
    const text = (this.#parts.operators[index] as StreamOperator).generate(code, inputIndex)
    return `{\n${lineMark(index)} ${text}\n}`
  }

  #codeOf(
    operator: PlannedOperator,
    names: RecordNames,
    follow: (expression: string) => string,
  ): ChainCode {
    return {
      value: names.value,
      key: operator.isKeyed ? names.key : undefined,
      bind: (object, hint) => this.#names.bind(object, hint),
      emit: (expression) => `${follow(expression)}\n${lineMark(operator.index, names.method)}`,
      collector: () => this.#collectorOf(operator),
      pull: (expression) => this.#pull(operator, names, expression, follow),
      local: (hint) => this.#names.local(hint),
    }
  }

  /** Hands a record to all that follows the operator. */
  #follow(operator: PlannedOperator, expression: string): string {
    const { plan, checks, freeze, writers } = this.#parts
    const value = this.#names.local('record')
    const steps = operator.followers.map(({ index, inputIndex }) =>
      this.#process(index, inputIndex, { value, key: 'undefined', hash: '0' }),
    )
    const check = checks[operator.index]
    const prepare = [
      check === undefined ? '' : `${this.#names.bind(check, 'check')}(${value});`,
      freeze === undefined ? '' : `${this.#names.bind(freeze, 'freeze')}(${value});`,
    ].join('')
    // What an encoder writes it has checked; where followers come first, they have been checked
    // for.
    const prepareLocal = steps.length > 0 ? '' : prepare
    const emissions = operator.outputs.map((position) => {
      const { partitioning } = plan.outputs[position] as PlannedOutput
      const writer = writers[position] as RecordWriter
      return emissionCode(value, partitioning, writer, this.#names, prepareLocal)
    })
    const mark = lineMark(operator.index)
    const sends = emissions.map((text) => `{\n${mark} ${text}\n}`)
    const all = [...steps, ...sends].join('\n')
    const first = steps.length > 0 ? prepare : ''
    return `${mark}{ const ${value} = ${expression}; ${first}\n${all}\n${mark}}`
  }

  #collectorOf(operator: PlannedOperator): string {
    const { index } = operator
    const name = `collector_${index}`
    if (this.#declared.has(name)) return name
    this.#declared.add(name)
    const { control, fail } = this.#parts
    // A source has no reader that could stop between two records of one poll.
    const isSource = operator.node.body.kind === 'source'
    const controlName = this.#names.bind(control, 'control')
    const defer = isSource
      ? `if (${controlName}.suspended) { ${controlName}.defer(resume_${index}, value, undefined, ` +
        `0); return; }\n`
      : ''
    const [field, count] = isSource ? ['records = 0;\n', 'this.records++;\n'] : ['', '']
    const text = `class Collector_${index} {
${field}collect(value) {
try {
${defer}${count}${this.#inOwnFunction(() => this.#follow(operator, 'value'))}
} catch (error) { throw ${this.#names.bind(fail, 'fail')}(error, ${index}); }
}
}
const ${name} = new Collector_${index}();`
    const resume = `function resume_${index}(value, key, hash) { ${name}.collect(value); }`
    this.#declare(name, isSource ? `${text}\n${resume}` : text)
    return name
  }

  #pull(
    operator: PlannedOperator,
    names: RecordNames,
    expression: string,
    follow: (expression: string) => string,
  ): string {
    const { control, keyed } = this.#parts
    const [controlName, name] = [this.#names.bind(control, 'control'), this.#names.local('drain')]
    const items = this.#names.local('items')
    const iterator = this.#names.bind(iteratorOf, 'iteratorOf')
    const setKey = operator.isKeyed
      ? `${this.#names.bind(keyed, 'keyed')}.setCurrentKey(key, hash);`
      : ''
    const mark = lineMark(operator.index, names.method)
    this.#declare(
      name,
      `function ${name}(iterator, key, hash) {
${setKey}
for (;;) {
if (${controlName}.suspended || ${controlName}.pullBudget-- <= 0) {
${controlName}.suspend(${name}, iterator, key, hash); return;
}
${mark} const step = iterator.next();
${mark} if (step.done) return;
${follow('step.value')}
}
}`,
    )
    return `const ${items} = ${expression};
if (${items} !== undefined && ${items} !== null)
  ${name}(${iterator}(${items}), ${names.key}, ${names.hash});`
  }

  #useOf(index: number, inputIndex: number): OperatorUse {
    return operatorUse(this.#parts.operators[index] as StreamOperator, inputIndex)
  }

  #feederCount(index: number, inputIndex: number): number {
    const { plan } = this.#parts
    const chained = plan.operators.flatMap(({ followers }) =>
      followers.filter(
        (follower) => follower.index === index && follower.inputIndex === inputIndex,
      ),
    )
    const edges = plan.inputs.filter(
      (input) => input.operatorIndex === index && input.inputIndex === inputIndex,
    )
    return chained.length + edges.length
  }

  #declare(name: string, text: string): void {
    this.#declared.add(name)
    this.#declarations.push(text)
  }
}

function iteratorOf(items: unknown): Iterator<unknown> {
  const iterable = items as Partial<Iterable<unknown>>
  if (typeof iterable[Symbol.iterator] === 'function') {
    return (iterable as Iterable<unknown>)[Symbol.iterator]()
  }
  const advice =
    typeof (items as { then?: unknown }).then === 'function'
      ? 'Functions are synchronous: do not make it async.'
      : 'Return nothing, or an iterable of records.'
  throw new TypeError(`The function returned ${typeof items} ${String(items)}. ${advice}`)
}
