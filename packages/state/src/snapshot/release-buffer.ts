/**
 * Gives the memory of a large buffer back at once. V8 would do so when it collects, which it puts
 * off: hundreds of megabytes may wait until then. Views of the buffer are empty afterwards.
 */
export function releaseBuffer(buffer: ArrayBufferLike): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0)
}
