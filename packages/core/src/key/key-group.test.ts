import assert from 'node:assert/strict'
import test from 'node:test'
import {
  keyGroupCount,
  keyGroupOf,
  keyGroupRange,
  subtaskOfHash,
  subtaskOfKeyGroup,
} from './key-group.ts'

test('the key group is the upper 15 bits of the hash', () => {
  assert.equal(keyGroupOf(0), 0)
  assert.equal(keyGroupOf(0x1ffff), 0)
  assert.equal(keyGroupOf(0x20000), 1)
  assert.equal(keyGroupOf(-1), keyGroupCount - 1)
})

test('ranges of all subtasks follow each other and hold the groups mapped to them', () => {
  for (const parallelism of [1, 2, 3, 7, 128, 1000, 32_767, 32_768]) {
    let next = 0
    for (let subtask = 0; subtask < parallelism; subtask++) {
      const { start, end } = keyGroupRange(subtask, parallelism)
      assert.equal(start, next)
      for (let keyGroup = start; keyGroup < end; keyGroup++) {
        assert.equal(subtaskOfKeyGroup(keyGroup, parallelism), subtask)
        assert.equal(subtaskOfHash(keyGroup << 17, parallelism), subtask)
      }
      next = end
    }
    assert.equal(next, keyGroupCount)
  }
})
