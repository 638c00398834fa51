// A reporter for node:test that writes nothing but the totals of one test file, as JSON.

import type { TestEvent } from 'node:test/reporters'

/** How the tests of a file, a group or the whole run ended. */
export interface Totals {
  passed: number
  failed: number
  skipped: number
}

export default async function* totalsReporter(
  events: AsyncIterable<TestEvent>,
): AsyncGenerator<string> {
  for await (const event of events) {
    if (event.type !== 'test:summary') continue
    const { tests, passed, skipped, todo } = event.data.counts
    // Failed or cancelled: what did not pass and was not left out.
    const failed = tests - passed - skipped - todo
    const totals: Totals = { passed, failed, skipped: skipped + todo }
    yield JSON.stringify(totals)
  }
}
