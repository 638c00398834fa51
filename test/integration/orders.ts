// Records that the jobs of these tests and their models both make.

export interface Order {
  readonly id: number
  readonly user: string
  readonly item: string
  readonly amount: number
  readonly tags: readonly string[]
}

const items = ['apple', 'pear', 'plum', 'fig'] as const

/** The same for the same id, with repeated amounts, so that there are ties. */
export function orderOf(id: number): Order {
  const scattered = (id * 7919) % 101
  return {
    id,
    user: `user-${(id * 31) % 7}`,
    item: items[(id * 13) % items.length] ?? 'apple',
    amount: scattered,
    tags: Array.from({ length: scattered % 3 }, (_, index) => `tag-${(id + index) % 5}`),
  }
}

export function priceOf(item: string): { readonly item: string; readonly price: number } {
  return { item, price: item.length }
}
