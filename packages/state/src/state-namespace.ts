import { hashKey, keyIdentity } from '@millrace/core'

/** The hash's highest bits are the key group, whatever the namespace. */
export const namespaceBits = 0x1ffff

/** What a namespace is compared by; undefined for the void one. */
export function namespaceIdentity(namespace: unknown): unknown {
  return namespace === undefined ? undefined : keyIdentity(namespace)
}

/** What a namespace adds to the hash of a key, by exclusive or. */
export function namespaceHash(namespace: unknown): number {
  return namespace === undefined ? 0 : hashKey(namespace) & namespaceBits
}
