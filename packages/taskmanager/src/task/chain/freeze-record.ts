/**
 * Freezes a record and all that hangs on it, so that whoever changes it after emitting it, or after
 * receiving it, gets an error. Typed arrays and Dates cannot be frozen and stay as they are.
 */
export function freezeRecord(record: unknown): void {
  if (typeof record !== 'object' || record === null || Object.isFrozen(record)) return
  if (ArrayBuffer.isView(record)) return
  Object.freeze(record)
  for (const value of Object.values(record)) freezeRecord(value)
}
