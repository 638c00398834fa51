/** A substring of fewer characters is a copy already. */
const sharedLengthMin = 13

/**
 * The same string, with characters of its own. A string read from a row that is 13 characters or
 * longer points into the text of its whole frame, and keeps that alive; one that is to be kept for
 * long (in state) should be detached first.
 */
export function detachString(text: string): string {
  if (text.length < sharedLengthMin) return text
  // The concatenation is flattened into characters of its own before it is cut.
  return ` ${text}`.slice(1)
}
