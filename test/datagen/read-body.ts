import { createHash } from "node:crypto";
import type { ReplayableBody } from "../../src/storage/index.js";

/** All bytes of a body, whose chunks may be the same memory each time. */
export async function readBody(body: ReplayableBody): Promise<Buffer> {
  const bytes = Buffer.alloc(body.length);
  let length = 0;
  for await (const chunk of body.stream()) {
    if (length + chunk.length <= bytes.length) bytes.set(chunk, length);
    length += chunk.length;
  }
  if (length === body.length) return bytes;
  throw new Error(`a body of ${body.length} bytes has ${length}`);
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
