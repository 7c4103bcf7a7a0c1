import { createCipheriv, createHash } from "node:crypto";
import type { ReplayableBody } from "../../storage/index.js";

const CHUNK = 1024 * 1024;

/**
 * Incompressible bytes that a seed and an index determine: the key stream of AES-128 in counter mode
 * (NIST SP 800-38A §6.5). Made as they are read, so that memory does not grow with the size; another
 * index gives other bytes.
 */
export function randomBody(seed: string, index: number, size: number): ReplayableBody {
  const key = createHash("sha256").update(seed).digest().subarray(0, 16);
  const counter = Buffer.alloc(16);
  counter.writeBigUInt64BE(BigInt(index), 0);
  return {
    length: size,
    async *stream() {
      const cipher = createCipheriv("aes-128-ctr", key, counter);
      const zeros = Buffer.alloc(Math.min(CHUNK, size));
      for (let left = size; left > 0; left -= CHUNK) {
        yield cipher.update(left < zeros.length ? zeros.subarray(0, left) : zeros);
      }
    },
  };
}
