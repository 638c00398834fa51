// Makes the package users install: `node --conditions=source .ci/pack.ts [DIRECTORY]` writes
// millrace-<version>.tgz there (dist/ by default) and prints its path. Needs `npm run build` first.
//
// The packages of the workspace travel inside it (bundled dependencies), so that one name is
// published and one is installed; what they need from the registry becomes its own dependencies.

import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, unknown>>
  readonly [field: string]: unknown
}

const root = fileURLToPath(new URL('..', import.meta.url))
const target = resolve(process.argv[2] ?? join(root, 'dist'))
const stage = join(root, 'node_modules', '.build', 'package')
rmSync(stage, { recursive: true, force: true })

const manifests = readdirSync(join(root, 'packages')).map((folder) => ({
  folder,
  manifest: JSON.parse(
    readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'),
  ) as Manifest,
}))
const own = new Set(manifests.map(({ manifest }) => manifest.name))
const external = new Map<string, string>()
for (const { manifest } of manifests) {
  for (const [name, version] of Object.entries(manifest.dependencies ?? {})) {
    if (!own.has(name)) external.set(name, version)
  }
}
const bundled = [...own].filter((name) => name !== 'millrace').sort()

for (const { folder, manifest } of manifests) {
  const isMain = manifest.name === 'millrace'
  const place = isMain ? stage : join(stage, 'node_modules', manifest.name)
  copyDistribution(folder, place)
  // All that is staged is published: npm would keep to the `files` of a bundled package as well.
  const { dependencies: _, devDependencies: __, scripts: ___, files: ____, ...kept } = manifest
  const published = { ...kept, exports: withoutSource(manifest.exports) }
  const main = {
    dependencies: {
      ...Object.fromEntries(bundled.map((name) => [name, manifest.version])),
      ...Object.fromEntries([...external].sort()),
    },
    bundleDependencies: bundled,
  }
  writeFileSync(
    join(place, 'package.json'),
    `${JSON.stringify(isMain ? { ...published, ...main } : published, null, 2)}\n`,
  )
}
cpSync(join(root, 'proto'), join(stage, 'node_modules', '@millrace', 'rpc', 'proto'), {
  recursive: true,
})
// The pages and jobs go with it: README.md links them, and errors name the one about errors. The
// demo runs from the repository only.
for (const entry of ['CHANGELOG.md', 'LICENSE', 'README.md', 'docs', 'examples']) {
  const filter = (source: string): boolean => !/[\\/](demo|demo\.ts|tsconfig\.json)$/.test(source)
  cpSync(join(root, entry), join(stage, entry), { recursive: true, filter })
}

mkdirSync(target, { recursive: true })
const packed = spawnSync(
  'npm',
  ['pack', stage, '--pack-destination', target, '--json', '--ignore-scripts', '--loglevel=error'],
  { encoding: 'utf8' },
)
if (packed.status !== 0) {
  process.stderr.write(`npm pack failed:\n${packed.stdout}${packed.stderr}\n`)
  process.exit(1)
}
const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }]
process.stdout.write(`${join(target, filename)}\n`)

function copyDistribution(folder: string, place: string): void {
  const distribution = join(root, 'packages', folder, 'dist')
  if (!existsSync(distribution)) {
    process.stderr.write(`${distribution} is missing: run \`npm run build\` first\n`)
    process.exit(1)
  }
  mkdirSync(place, { recursive: true })
  cpSync(distribution, join(place, 'dist'), { recursive: true })
}

/** Only the repository has sources. */
function withoutSource(exports: Manifest['exports']): Manifest['exports'] {
  return Object.fromEntries(
    Object.entries(exports ?? {}).map(([path, conditions]) => {
      if (typeof conditions !== 'object' || conditions === null) return [path, conditions]
      const { source: _, ...rest } = conditions as Readonly<Record<string, unknown>>
      return [path, rest]
    }),
  )
}
