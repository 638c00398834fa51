/**
 * The entries of all maps of one state, in columns. A place is that of one entry until it is
 * deleted, so it can be marked and visited without its map.
 */
export class MapEntries {
  /** Place of the map's key in the table; -1: the place is free. */
  readonly #owners: number[] = []
  /** `keyIdentity` of the entry's key. */
  readonly #identities: unknown[] = []
  readonly #values: unknown[] = []
  readonly #freePlaces: number[] = []

  /** Places are below it. */
  get placeCount(): number {
    return this.#owners.length
  }

  /** Of all maps. */
  get count(): number {
    return this.#owners.length - this.#freePlaces.length
  }

  /** Of no map where the place is free: -1. */
  ownerAt(place: number): number {
    return this.#owners[place] as number
  }

  identityAt(place: number): unknown {
    return this.#identities[place]
  }

  valueAt(place: number): unknown {
    return this.#values[place]
  }

  setValueAt(place: number, value: unknown): void {
    this.#values[place] = value
  }

  /** Returns its place. */
  insert(owner: number, identity: unknown, value: unknown): number {
    const place = this.#freePlaces.pop() ?? this.#owners.length
    this.#owners[place] = owner
    this.#identities[place] = identity
    this.#values[place] = value
    return place
  }

  delete(place: number): void {
    this.#owners[place] = -1
    this.#identities[place] = undefined
    this.#values[place] = undefined
    this.#freePlaces.push(place)
  }
}
