import type { Upload } from './object-store.ts'

const end = '.tmp'

// An upload that was not completed is listed as a file that an unfinished write left, under the
// name `<key>.<id of the upload>.tmp`.

/** The name by which an unfinished upload is listed and deleted. */
export function nameOfUpload({ key, uploadId }: Upload): string {
  return `${key}.${encodeURIComponent(uploadId).replaceAll('.', '%2E')}${end}`
}

/** The upload of such a name; undefined where it is none. */
export function uploadOfName(name: string): Upload | undefined {
  const whole = name.slice(0, -end.length)
  const dot = whole.lastIndexOf('.')
  if (!name.endsWith(end) || dot <= 0) return undefined
  try {
    return { key: whole.slice(0, dot), uploadId: decodeURIComponent(whole.slice(dot + 1)) }
  } catch {
    return undefined
  }
}
