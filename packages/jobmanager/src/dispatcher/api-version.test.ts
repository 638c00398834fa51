import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkApiVersion } from './api-version.ts'

const cases: readonly (readonly [bundle: string, cluster: string, isCompatible: boolean])[] = [
  ['0.1.0', '0.1.3', true],
  ['0.1.9', '0.1.0', true],
  ['0.2.0', '0.1.0', false],
  ['0.1.0', '0.2.0', false],
  ['1.2.0', '1.3.0', true],
  ['1.3.0', '1.2.0', false],
  ['1.3.0', '2.3.0', false],
  ['1.3.0-rc.1', '1.3.0', true],
  ['', '0.1.0', false],
  ['latest', '0.1.0', false],
]

for (const [bundle, cluster, isCompatible] of cases) {
  const verb = isCompatible ? 'runs' : 'does not run'
  test(`a bundle for API '${bundle}' ${verb} on ${cluster}`, () => {
    const check = () => checkApiVersion(bundle, cluster)
    if (isCompatible) check()
    else assert.throws(check, { code: 'API_VERSION_MISMATCH' })
  })
}
