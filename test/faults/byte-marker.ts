/** Finds a text in a stream of bytes, also where chunks cut it in two. */
export class ByteMarker {
  readonly #text: Buffer;
  #tail = Buffer.alloc(0);

  constructor(text: string) {
    this.#text = Buffer.from(text, "latin1");
  }

  /** How many bytes of the chunk belong to or stand before the first find's end, if there is one. */
  push(chunk: Uint8Array): number | undefined {
    const all = Buffer.concat([this.#tail, chunk]);
    const found = all.indexOf(this.#text);
    if (found < 0) {
      this.#tail = all.subarray(Math.max(0, all.length - this.#text.length + 1));
      return undefined;
    }
    const end = found + this.#text.length - this.#tail.length;
    this.#tail = Buffer.alloc(0);
    return end;
  }
}
