// What the tidy checks look at: the files of the repository and what their source text says.

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Absolute path of the repository. All other paths here are relative to it, with `/`. */
export const root: string = fileURLToPath(new URL('../..', import.meta.url))

/** A package.json, as far as the checks need it. */
export interface Manifest {
  readonly name: string
  readonly bin?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, { readonly source: string }>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** Every file that belongs to the repository. */
export const files: readonly string[] = listFiles()

/** The packages' own TypeScript, without what `npm run generate` writes. */
export const packageSources: readonly string[] = files.filter(
  (file) => /^packages\/[^/]+\/src\/.*\.ts$/.test(file) && !file.includes('/generated/'),
)

/** All TypeScript that somebody wrote. */
export const sources: readonly string[] = [
  ...packageSources,
  ...files.filter((file) => /^(test|examples|\.ci)\/.*\.ts$/.test(file)),
]

export const packageNames: readonly string[] = readdirSync(join(root, 'packages')).sort()

export function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

export function readManifest(packageName: string): Manifest {
  return JSON.parse(read(`packages/${packageName}/package.json`)) as Manifest
}

/** The folder of a workspace package: `@millrace/core/config` and `@millrace/core` give `core`. */
export function packageOfSpecifier(specifier: string): string | undefined {
  const match = /^(?:@millrace\/([^/]+)|(millrace))(?:\/|$)/.exec(specifier)
  return match === null ? undefined : (match[1] ?? 'cli')
}

/** What a file imports, re-exports, imports dynamically or starts as a thread. */
export function specifiersIn(text: string): readonly string[] {
  const patterns = [
    /^(?:import|export)\b[^'"`]*?\bfrom\s+'([^']+)'/gm,
    /^import\s+'([^']+)'/gm,
    /\bimport\(\s*'([^']+)'/g,
    /\bnew URL\(\s*'(\.[^']+)'/g,
    /\bimport\.meta\.resolve\(\s*'([^']+)'/g,
  ]
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] ?? ''))
}

/** The relative specifiers of a file, as paths of files. */
export function relativeImportsOf(file: string): readonly string[] {
  return specifiersIn(read(file))
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => posix.join(posix.dirname(file), specifier))
}

/** The lines of a file that are code, with their number; comments are left out. */
export function codeLinesOf(file: string): readonly (readonly [line: number, text: string])[] {
  return read(file)
    .split('\n')
    .map((text, index) => [index + 1, text.replace(/(^|\s)\/\/.*$/, '')] as const)
    .filter(([, text]) => !/^\s*(\*|\/\*)/.test(text))
}

/** Git knows what belongs to the repository; an export without `.git` has nothing else in it. */
function listFiles(): readonly string[] {
  if (existsSync(join(root, '.git'))) {
    const flags = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
    const names = execFileSync('git', flags, { cwd: root, encoding: 'utf8' }).split('\0')
    return names.filter((name) => name !== '' && existsSync(join(root, name))).sort()
  }
  const skipped = new Set(['node_modules', 'dist'])
  const found: string[] = []
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (skipped.has(entry.name)) continue
      const path = join(folder, entry.name)
      if (entry.isDirectory()) visit(path)
      else found.push(relative(root, path).split(sep).join('/'))
    }
  }
  visit(root)
  return found.sort()
}
