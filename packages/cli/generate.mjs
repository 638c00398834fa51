// Writes the reference of docs/command-line.md; run by `npm run generate`.
import { readFileSync, writeFileSync } from 'node:fs'
import { withCommandReference } from './src/command-reference.ts'

const page = new URL('../../docs/command-line.md', import.meta.url)
writeFileSync(page, await withCommandReference(readFileSync(page, 'utf8')))
