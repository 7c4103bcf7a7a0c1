/** Memory of its own for `length` bytes, all of which the caller fills: it is not set to zero. */
export function allocate(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer as ArrayBuffer);
}

/** A copy in memory of its own. */
export function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const own = allocate(bytes.length);
  own.set(bytes);
  return own;
}
