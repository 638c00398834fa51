// Writes src/generated: TypeScript types of every message and service in proto/.

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const protoFolder = fileURLToPath(new URL('../../proto', import.meta.url))
// Files without a service come along as imports of the others.
const roots = readdirSync(protoFolder).filter((name) =>
  readFileSync(join(protoFolder, name), 'utf8').includes('\nservice '),
)
const outFolder = fileURLToPath(new URL('src/generated', import.meta.url))
const generator = createRequire(import.meta.url).resolve(
  '@grpc/proto-loader/build/bin/proto-loader-gen-types.js',
)

rmSync(outFolder, { recursive: true, force: true })
// The same options as src/grpc/proto-definition.ts: they decide what decoded messages look like.
execFileSync(
  process.execPath,
  [
    generator,
    ...['--longs=Number', '--enums=String', '--defaults', '--oneofs'],
    ...['--grpcLib=@grpc/grpc-js', '--importFileExtension=.ts', '--includeComments'],
    ...[`--includeDirs=${protoFolder}`, `--outDir=${outFolder}`],
    ...roots,
  ],
  { stdio: 'inherit' },
)

// The generator writes where the file lay on this machine.
for (const entry of readdirSync(outFolder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue
  const file = join(entry.parentPath, entry.name)
  const text = readFileSync(file, 'utf8')
  writeFileSync(
    file,
    text.replace(/^\/\/ Original file: .*\/proto\//gm, '// Original file: proto/'),
  )
}
