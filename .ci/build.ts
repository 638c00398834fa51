// Compiles every package into packages/*/dist: JavaScript, declarations and source maps.
//
// The compiler options of a package follow from tsconfig.json and from the dependencies in its
// package.json, so they are derived here and not kept in one more file for each package. They are
// written below node_modules, where nobody takes them for configuration.

import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

interface Manifest {
  readonly name: string
  readonly bin?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
}

const root = fileURLToPath(new URL('..', import.meta.url))
const work = join(root, 'node_modules', '.build')
const testFiles = ['**/*.test.ts', '**/*-test-support.ts']

const manifests = new Map<string, Manifest>()
for (const folder of readdirSync(join(root, 'packages')).sort()) {
  const text = readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')
  manifests.set(folder, JSON.parse(text) as Manifest)
}

const startedAt = performance.now()
rmSync(work, { recursive: true, force: true })
mkdirSync(work, { recursive: true })
for (const [folder, manifest] of manifests) {
  rmSync(join(root, 'packages', folder, 'dist'), { recursive: true, force: true })
  writeFileSync(join(work, `${folder}.json`), JSON.stringify(compilerConfig(folder, manifest)))
}
writeFileSync(
  join(work, 'all.json'),
  JSON.stringify({ files: [], references: [...manifests.keys()].map(reference) }),
)

const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const compiler = spawnSync(process.execPath, [tsc, '--build', join(work, 'all.json')], {
  cwd: root,
  stdio: 'inherit',
})
if (compiler.status !== 0) {
  process.stderr.write('build failed: see the messages of the compiler above\n')
  process.exit(1)
}

for (const [folder, manifest] of manifests) {
  copyAssets(folder)
  for (const file of Object.values(manifest.bin ?? {})) {
    chmodSync(join(root, 'packages', folder, file), 0o755)
  }
}
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
process.stdout.write(`built ${manifests.size} packages in ${seconds} s\n`)

function compilerConfig(folder: string, manifest: Manifest): object {
  const source = join(root, 'packages', folder, 'src')
  const names = new Set(Object.keys(manifest.dependencies ?? {}))
  const used = [...manifests].filter(([, other]) => names.has(other.name))
  return {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      composite: true,
      noEmit: false,
      sourceMap: true,
      rootDir: source,
      outDir: join(root, 'packages', folder, 'dist'),
      tsBuildInfoFile: join(work, `${folder}.tsbuildinfo`),
      typeRoots: [join(root, 'node_modules', '@types')],
    },
    include: [source],
    exclude: testFiles.map((pattern) => join(source, pattern)),
    references: used.map(([name]) => reference(name)),
  }
}

function reference(folder: string): { readonly path: string } {
  return { path: join(work, `${folder}.json`) }
}

/** What the compiler does not touch but the code reads at run time: pages, proto files, styles. */
function copyAssets(folder: string): void {
  const source = join(root, 'packages', folder, 'src')
  for (const file of globSync('**/*.*', { cwd: source })) {
    if (/\.(ts|mjs|md)$/.test(file) || file.includes('testdata')) continue
    cpSync(join(source, file), join(root, 'packages', folder, 'dist', file), { recursive: true })
  }
}
