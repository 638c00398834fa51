/** The same bytes in pieces of at most `sizeBytesMax`; empty ones are left out. */
export async function* splitChunks(
  chunks: AsyncIterable<Uint8Array>,
  sizeBytesMax: number,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    for (let offset = 0; offset < chunk.byteLength; offset += sizeBytesMax) {
      yield chunk.subarray(offset, offset + sizeBytesMax)
    }
  }
}
