import { createHash } from "node:crypto";
import { abortable, crc32c } from "../../../core/index.js";
import { LodeError } from "../../../errors.js";
import type { PutBody } from "../../backend.js";
import type { PayloadSigning } from "./config.js";
import { sha256Hex, UNSIGNED_PAYLOAD } from "./sigv4.js";

/** What must be known of a body before its first byte is sent. */
export interface PayloadDigests {
  readonly payloadHash: string;
  /** Undefined where no checksum is sent. */
  readonly crc32c: number | undefined;
}

/** True if the body's SHA-256 goes into the signature. */
export function signsPayload(signing: PayloadSigning, plainText: boolean): boolean {
  return signing === "always" || (signing === "auto" && plainText);
}

/**
 * The digests of a body that are not known yet. A body that is no single piece of memory is read
 * once for them, and a second time to be sent. Throws `invalid-argument` if its length is wrong.
 */
export async function digestPayload(
  body: PutBody,
  want: { readonly sha256: boolean; readonly crc32c: number | boolean },
  signal?: AbortSignal | undefined,
): Promise<PayloadDigests> {
  const given = typeof want.crc32c === "number" ? want.crc32c : undefined;
  const wantCrc = want.crc32c === true;
  if (body instanceof Uint8Array) {
    return {
      payloadHash: want.sha256 ? sha256Hex(body) : UNSIGNED_PAYLOAD,
      crc32c: wantCrc ? crc32c(body) : given,
    };
  }
  if (!want.sha256 && !wantCrc) return { payloadHash: UNSIGNED_PAYLOAD, crc32c: given };
  const hash = want.sha256 ? createHash("sha256") : undefined;
  let crc = 0;
  let length = 0;
  for await (const chunk of abortable(body.stream(), signal, "put")) {
    hash?.update(chunk);
    if (wantCrc) crc = crc32c(chunk, crc);
    length += chunk.length;
  }
  if (length !== body.length) {
    throw new LodeError({
      code: "invalid-argument",
      message: `the body has ${length} bytes where ${body.length} were announced`,
    });
  }
  return {
    payloadHash: hash?.digest("hex") ?? UNSIGNED_PAYLOAD,
    crc32c: wantCrc ? crc : given,
  };
}
