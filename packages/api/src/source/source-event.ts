import { decodeGeneric, encodeGeneric, MillraceError } from '@millrace/core'

// What a SplitEnumerator in the job host and its SourceReaders in the slots say to each other, in
// the generic encoding. Both directions are ordered; events of a replaced attempt are dropped.

/** Enumerator → reader. */
export type ReaderEvent =
  | { readonly kind: 'add-splits'; readonly splits: readonly unknown[] }
  | { readonly kind: 'no-more-splits' }
  /** The enumerator's own. */
  | { readonly kind: 'source-event'; readonly event: unknown }

/** Reader → enumerator. */
export type EnumeratorEvent =
  | { readonly kind: 'request-split' }
  /** The reader's own. */
  | { readonly kind: 'reader-source-event'; readonly event: unknown }

/** Throws RECORD_TYPE_MISMATCH where a split or an event is not plain data. */
export function encodeSourceEvent(event: ReaderEvent | EnumeratorEvent): Uint8Array {
  return encodeGeneric(event)
}

export function decodeReaderEvent(bytes: Uint8Array): ReaderEvent {
  return decodeEvent<ReaderEvent>(bytes, ['add-splits', 'no-more-splits', 'source-event'])
}

export function decodeEnumeratorEvent(bytes: Uint8Array): EnumeratorEvent {
  return decodeEvent<EnumeratorEvent>(bytes, ['request-split', 'reader-source-event'])
}

/** An operator's event whose kind is one of these. */
export function decodeEvent<Event extends { readonly kind: string }>(
  bytes: Uint8Array,
  kinds: readonly Event['kind'][],
): Event {
  const event = decodeGeneric(bytes) as Event | undefined | null
  if (kinds.includes(event?.kind as Event['kind'])) return event as Event
  throw new MillraceError(
    'RPC_MESSAGE_INVALID',
    `An operator event of kind '${event?.kind}' arrived where ${kinds.join(', ')} were expected.`,
  )
}
