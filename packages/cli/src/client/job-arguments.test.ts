import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseJobArguments } from './job-arguments.ts'

test('arguments of a job go by name where they have one, else by position', () => {
  const cases: readonly (readonly [words: string, expected: Record<string, string>])[] = [
    ['', {}],
    ['a b', { 0: 'a', 1: 'b' }],
    ['--input data --output=out', { input: 'data', output: 'out' }],
    ['--fast --input data', { fast: 'true', input: 'data' }],
    ['--fast', { fast: 'true' }],
    ['first --n 3 second', { 0: 'first', n: '3', 1: 'second' }],
    ['--offset -5', { offset: '-5' }],
    ['--expression=a=b', { expression: 'a=b' }],
    ['--n 1 --n 2', { n: '2' }],
    ['-x', { 0: '-x' }],
  ]
  for (const [words, expected] of cases) {
    assert.deepEqual(parseJobArguments(words.split(' ').filter(Boolean)), expected, words)
  }
})
