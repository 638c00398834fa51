// Writes docs/configuration.md; run by `npm run generate`.
import { writeFileSync } from 'node:fs'
import { renderConfigurationDocs } from './src/config/index.ts'

writeFileSync(new URL('../../docs/configuration.md', import.meta.url), renderConfigurationDocs())
