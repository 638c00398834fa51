import { FunctionOperator } from './function-operator.ts'
import type { ChainCode } from './stream-operator.ts'

/** The records the function says yes to. */
export class FilterOperator extends FunctionOperator {
  generate(code: ChainCode): string {
    const kept = code.local('kept')
    const isTruthyName = code.bind(isTruthy, 'isTruthy')
    // Anything but true and false is rare, so the check costs next to nothing.
    return `const ${kept} = ${this.userFunction.call(code, 'filter', code.value)};
if (${kept} === true || (${kept} !== false && ${isTruthyName}(${kept}))) {
${code.emit(code.value)}
}`
  }
}

/** A promise is truthy whatever it comes to. */
function isTruthy(answer: unknown): boolean {
  if (typeof answer !== 'object' || answer === null) return Boolean(answer)
  if (typeof (answer as { then?: unknown }).then !== 'function') return true
  throw new TypeError('The filter returned a promise. Functions are synchronous: return a boolean.')
}
