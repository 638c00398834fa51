// Adds the packages of other platforms that `npm install` left out of package-lock.json.
//
// A registry mirror may lack the builds for platforms nobody asked it for. npm then writes a lock
// file without them, and `npm ci` refuses that file on every machine. Run this after such an
// install: it writes the missing entries (exact version and platform, no integrity).

import { readFileSync, writeFileSync } from 'node:fs'

const file = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8'))
const added = []

for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`
    if (lock.packages[key] !== undefined || lock.packages[`${path}/${key}`] !== undefined) continue
    const platform = /(android|darwin|freebsd|linux|win32)-(arm64|arm|x64)(-musl)?$/.exec(name)
    if (platform === null) throw new Error(`${name} is missing and its platform is not in its name`)
    const [, os, cpu, musl] = platform
    lock.packages[key] = {
      version,
      cpu: [cpu],
      ...(entry.dev ? { dev: true } : {}),
      ...(os === 'linux' ? { libc: [musl === undefined ? 'glibc' : 'musl'] } : {}),
      license: entry.license,
      optional: true,
      os: [os],
    }
    added.push(name)
  }
}

const byPath = ([a], [b]) => (a < b ? -1 : 1)
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(byPath))
if (added.length > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`${added.length} packages added to package-lock.json`)
