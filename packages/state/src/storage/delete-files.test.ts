import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deleteFiles } from './delete-files.ts'

const names = Array.from({ length: 50 }, (_, at) => `a/${at}`)

test('each file is deleted once, some at a time', async () => {
  const deleted: string[] = []
  let running = 0
  let most = 0
  await deleteFiles(
    {
      delete: async (name) => {
        most = Math.max(most, ++running)
        await new Promise((resolve) => setImmediate(resolve))
        running--
        deleted.push(name)
      },
    },
    names,
  )
  assert.deepEqual(deleted.toSorted(), names.toSorted())
  assert.ok(most > 1 && most <= 16, `${most}`)
  await deleteFiles({ delete: () => assert.fail('there is nothing to delete') }, [])
})

test('after a failure no more are begun, and it is told when those under way are over', async () => {
  let begun = 0
  let over = 0
  const deleted = deleteFiles(
    {
      delete: async (name) => {
        begun++
        if (name === 'a/3') throw new Error('no access')
        await new Promise((resolve) => setImmediate(resolve))
        over++
      },
    },
    names,
  )
  await assert.rejects(deleted, /no access/)
  assert.equal(over, begun - 1)
  assert.ok(begun <= 16, `${begun}`)
})
