/** '950', '1.2 k', '3.45 M': three significant digits at most. */
export function formatCount(count: number): string {
  for (const [size, unit] of [
    [1e9, ' G'],
    [1e6, ' M'],
    [1e3, ' k'],
  ] as const) {
    if (count >= size) return `${Number((count / size).toPrecision(3))}${unit}`
  }
  return String(Math.round(count))
}

/** '1 restart', '3 restarts'. */
export function formatQuantity(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** '320 ms', '4.2 s', '3 min 5 s', '2 h 10 min'. */
export function formatElapsed(elapsedMs: number): string {
  if (elapsedMs < 1000) return `${Math.round(elapsedMs)} ms`
  const seconds = elapsedMs / 1000
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** Local date and time to the second. */
export function formatTime(timeMs: number): string {
  const date = new Date(timeMs - new Date(timeMs).getTimezoneOffset() * 60_000)
  return date.toISOString().slice(0, 19).replace('T', ' ')
}

/** '950 bytes', '1.2 kB', '3.45 GB': units of 1024, three significant digits at most. */
export function formatBytes(sizeBytes: number): string {
  for (const [size, unit] of [
    [2 ** 40, 'TB'],
    [2 ** 30, 'GB'],
    [2 ** 20, 'MB'],
    [2 ** 10, 'kB'],
  ] as const) {
    if (sizeBytes >= size) return `${Number((sizeBytes / size).toPrecision(3))} ${unit}`
  }
  return formatQuantity(sizeBytes, 'byte')
}
