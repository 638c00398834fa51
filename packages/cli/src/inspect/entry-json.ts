import { hasExpired, type SavedEntry } from '@millrace/state/inspect'
import { type JsonValue, toJsonValue } from './json-value.ts'

type Fields = Readonly<Record<string, JsonValue>>

/**
 * An entry as `state export` and `state get --json` print it. `nowMs`: what has expired by then is
 * said to have.
 */
export function entryJson(entry: SavedEntry, nowMs: number): Fields {
  const { kind, key, namespace } = entry
  const place = {
    kind,
    key: toJsonValue(key),
    ...(namespace === undefined ? {} : { namespace: toJsonValue(namespace) }),
  }
  switch (entry.kind) {
    case 'timer':
      return { ...place, timestamp: entry.timestamp }
    case 'map':
      return {
        ...place,
        mapKey: toJsonValue(entry.mapKey),
        value: toJsonValue(entry.value),
        ...lifeJson(entry, nowMs),
      }
    case 'list':
      return { ...place, value: entry.value.map(toJsonValue), ...livesJson(entry, nowMs) }
    default:
      return { ...place, value: toJsonValue(entry.value), ...lifeJson(entry, nowMs) }
  }
}

type Life = Parameters<typeof hasExpired>[0]

function lifeJson(life: Life, nowMs: number): Fields {
  const { touchedAtMs, expiresAtMs } = life
  if (touchedAtMs === undefined || expiresAtMs === undefined) return {}
  return { touchedAtMs, expiresAtMs, ...(hasExpired(life, nowMs) ? { isExpired: true } : {}) }
}

/** Of a list, element by element. */
function livesJson(
  { lives }: Extract<SavedEntry, { readonly kind: 'list' }>,
  nowMs: number,
): Fields {
  if (lives.every(({ touchedAtMs }) => touchedAtMs === undefined)) return {}
  const isExpired = lives.map((life) => hasExpired(life, nowMs))
  return {
    touchedAtMs: lives.map((life) => life.touchedAtMs ?? null),
    expiresAtMs: lives.map((life) => life.expiresAtMs ?? null),
    ...(isExpired.includes(true) ? { isExpired } : {}),
  }
}
