/** About how many bytes a message takes, for bounds: plain data, counted without encoding it. */
export function messageSizeBytes(value: unknown): number {
  if (typeof value === 'string') return value.length + 2
  if (value instanceof Uint8Array) return value.byteLength + 2
  if (typeof value !== 'object' || value === null) return 8
  let sizeBytes = 2
  if (Array.isArray(value)) {
    for (const item of value) sizeBytes += messageSizeBytes(item)
    return sizeBytes
  }
  for (const field of Object.values(value)) sizeBytes += messageSizeBytes(field)
  return sizeBytes
}
