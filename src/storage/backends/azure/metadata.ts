import { LodeError } from "../../../errors.js";

/** Where the CRC-32C of the whole blob is kept, as 8 hexadecimal digits: Azure knows no such checksum. */
const CRC32C_NAME = "lode_crc32c";

/** Begins the names of entries that Azure cannot hold as they are. */
const ENCODED = "lode_k_";

/** Azure's names are C# identifiers; its values are ASCII, and outer blanks are lost. */
const PLAIN_NAME = /^(?!lode_|__proto__$)[a-z_][a-z0-9_]*$/;
const PLAIN_VALUE = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/;

/**
 * User metadata as Azure's. An entry that fits is stored as it is; another one gets the name
 * `lode_k_` + name with `_` as `_5f` and other characters as `_` + hex, and the value `=` +
 * percent-encoding. Throws `invalid-argument` for control characters.
 */
export function encodeMetadata(
  metadata: Readonly<Record<string, string>> | undefined,
  crc32c: number | undefined,
): Record<string, string> {
  const encoded: Record<string, string> = {};
  for (const [name, value] of Object.entries(metadata ?? {})) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (!/^[a-z0-9_-]+$/.test(name) || /[\u0000-\u001f\u007f]/.test(value)) {
      throw new LodeError({
        code: "invalid-argument",
        message: `metadata ${JSON.stringify(name)} cannot be stored: names are of a-z 0-9 - _, values have no control characters`,
      });
    }
    if (PLAIN_NAME.test(name) && PLAIN_VALUE.test(value)) encoded[name] = value;
    else encoded[ENCODED + escapeName(name)] = `=${encodeURIComponent(value)}`;
  }
  if (crc32c !== undefined) encoded[CRC32C_NAME] = crc32c.toString(16).padStart(8, "0");
  return encoded;
}

/** The reverse of {@link encodeMetadata}; entries of other writers come as they are. */
export function decodeMetadata(stored: Readonly<Record<string, string>> | undefined): {
  metadata: Record<string, string> | undefined;
  crc32c: number | undefined;
} {
  // By a map: a writer may have named an entry `__proto__`.
  const metadata = new Map<string, string>();
  let crc32c: number | undefined;
  for (const [storedName, value] of Object.entries(stored ?? {})) {
    const name = storedName.toLowerCase();
    if (name === CRC32C_NAME) {
      if (/^[0-9a-f]{8}$/.test(value)) crc32c = Number.parseInt(value, 16);
    } else if (name.startsWith(ENCODED) && value.startsWith("=")) {
      metadata.set(unescapeName(name.slice(ENCODED.length)), decodeValue(value.slice(1)));
    } else {
      metadata.set(name, value);
    }
  }
  return { metadata: metadata.size === 0 ? undefined : Object.fromEntries(metadata), crc32c };
}

function escapeName(name: string): string {
  return name.replace(/[_-]/g, (c) => `_${c.charCodeAt(0).toString(16)}`);
}

function unescapeName(name: string): string {
  return name.replace(/_([0-9a-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Another writer's `%` that encodes nothing is left alone. */
function decodeValue(value: string): string {
  return /^([^%]|%[0-9A-Fa-f]{2})*$/.test(value)
    ? Buffer.from(percentBytes(value)).toString()
    : value;
}

function percentBytes(value: string): Uint8Array {
  return Buffer.from(
    value.replace(/%([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  );
}
