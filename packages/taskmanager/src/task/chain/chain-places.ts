/** Lines that `new Function` puts before the text it is given. */
const functionHeaderLines = 2

/** Where in a job a line of a chain's text belongs. */
export interface ChainPlace {
  readonly operatorIndex: number
  readonly method: string | undefined
}

/** Finds the place of an error in the text of a chain. */
export class ChainPlaces {
  readonly #placeOfLine: readonly (ChainPlace | undefined)[]
  readonly #linePattern: RegExp

  constructor(text: string, vertexId: string) {
    this.#placeOfLine = lineTable(text)
    const url = sourceUrlOf(vertexId)
    this.#linePattern = new RegExp(`${url.replaceAll(/[-$]/g, '\\$&')}:(\\d+):`, 'g')
  }

  /** Whose code the error comes from, as its stack tells. */
  placeOf(error: unknown): ChainPlace | undefined {
    const stack = error instanceof Error ? error.stack : undefined
    if (stack === undefined) return undefined
    for (const [, line] of stack.matchAll(this.#linePattern)) {
      const place = this.#placeOfLine[Number(line) - 1 - functionHeaderLines]
      if (place !== undefined) return place
    }
    return undefined
  }
}

/**
 * Statements of operator `index` begin on a line with this mark; the line table is made from it.
 * `method`: what is called there, where it is not for a record.
 */
export const lineMark = (index: number, method?: string): string =>
  `/*@${index}${method === undefined ? '' : ` ${method}`}*/`

/** What the text calls itself in a stack. */
export function sourceUrlOf(vertexId: string): string {
  return `millrace-chain-${vertexId.replace(/[^\w-]/g, '_')}`
}

/** The place of each line of a chain's text, undefined for lines of no operator. */
function lineTable(text: string): readonly (ChainPlace | undefined)[] {
  let current: ChainPlace | undefined
  return text.split('\n').map((line) => {
    const marks = [...line.matchAll(/\/\*@(\d+)(?: (\w+))?\*\//g)].map(
      ([, index, method]): ChainPlace => ({ operatorIndex: Number(index), method }),
    )
    const own = marks[0] ?? current
    current = marks.at(-1) ?? current
    return own
  })
}
