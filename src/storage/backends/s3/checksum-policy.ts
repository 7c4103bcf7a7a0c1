import { crc32cToBase64 } from "../../../core/index.js";
import { isLodeError, LodeError } from "../../../errors.js";
import type { ChecksumMode } from "./config.js";
import type { Header } from "./sigv4.js";

/** What the server checks of an upload as a whole. */
export type UploadChecksum = "full-object" | "composite" | "none";

/**
 * Whether what is written carries a CRC32C, learned from what the server does with the first one.
 * One object a backend.
 */
export class ChecksumPolicy {
  #server: "unknown" | "confirms" | "ignores" | "refuses" = "unknown";

  constructor(
    readonly mode: ChecksumMode,
    readonly warn: (message: string) => void,
  ) {}

  /** True if checksums are sent. */
  get active(): boolean {
    return this.mode !== "off" && this.#server !== "refuses";
  }

  /** The headers of a body with this checksum. */
  headers(crc: number | undefined): Header[] {
    if (crc === undefined || !this.active) return [];
    return [
      ["x-amz-checksum-crc32c", crc32cToBase64(crc)],
      ["x-amz-sdk-checksum-algorithm", "CRC32C"],
    ];
  }

  /**
   * Makes the call; if the server refuses it for the checksum and the mode allows that, once more
   * without. The call asks {@link active} anew each time.
   */
  async run<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (this.mode !== "auto" || this.#server !== "unknown" || !mayBeChecksum(error)) throw error;
      this.#server = "refuses";
      try {
        const result = await call();
        this.warn(
          "this S3 server does not take CRC32C checksums: what is written is not checked by it",
        );
        return result;
      } catch (second) {
        // It was not the checksum.
        this.#server = "unknown";
        throw second;
      }
    }
  }

  /**
   * Looks at the checksum that the server tells of what it stored. Throws `integrity` if it is
   * another one, or if there is none and the mode is `required`.
   */
  confirm(sent: number | undefined, told: string | undefined, what: string): void {
    if (sent === undefined || !this.active) return;
    if (told === undefined) {
      if (this.mode === "required") {
        throw new LodeError({
          code: "unsupported",
          message: `${what} is stored, but the server does not confirm its CRC32C, which is required`,
        });
      }
      if (this.#server === "unknown") {
        this.#server = "ignores";
        this.warn(
          "this S3 server does not confirm CRC32C checksums: what is written may go unchecked",
        );
      }
      return;
    }
    this.#server = "confirms";
    if (told !== crc32cToBase64(sent)) {
      throw new LodeError({
        code: "integrity",
        retry: "safe",
        message: `${what} was stored with another CRC32C than was sent: write it again`,
        details: { sent: crc32cToBase64(sent), stored: told },
      });
    }
  }
}

/** A refusal that servers without checksums give: of the header, the algorithm, or in general. */
function mayBeChecksum(error: unknown): boolean {
  if (!isLodeError(error)) return false;
  const { status, providerCode } = error.details;
  if (status === 501) return true;
  return (
    status === 400 &&
    (providerCode === undefined ||
      /^(InvalidRequest|InvalidArgument|NotImplemented|MalformedHeader|InvalidHeader|.*Checksum.*|.*Unsupported.*)$/.test(
        String(providerCode),
      )) &&
    !/Mismatch/.test(String(providerCode))
  );
}
