import { LodeError } from "../errors.js";
import type {
  GetOptions,
  MultipartOptions,
  PutOptions,
  WriteMode,
  WriteOptions,
} from "./backend.js";
import type { Capabilities } from "./capabilities.js";

type Call = "put" | "multipart" | "copy";

const CREATE_CAPABILITY = {
  put: "putIfAbsent",
  multipart: "multipartConditional",
  copy: "copyConditional",
} as const;

const MATCH_CAPABILITY = {
  put: "putIfMatch",
  multipart: "multipartConditional",
  copy: "copyConditional",
} as const;

/**
 * Refuses, before any I/O, an option that the backend would ignore (`unsupported`) or that no
 * provider takes (`invalid-argument`).
 */
export function checkWriteOptions(
  capabilities: Capabilities,
  call: Call,
  options: WriteOptions & Partial<PutOptions & MultipartOptions>,
): void {
  const needed = modeCapability(call, options.mode);
  if (needed !== undefined)
    requireCapability(capabilities, needed, `mode ${describeMode(options.mode)}`);
  if (options.contentType !== undefined) {
    requireCapability(capabilities, "contentType", "contentType");
    checkHeaderValue("contentType", options.contentType);
  }
  if (options.storageClass !== undefined) {
    requireCapability(capabilities, "storageClass", "storageClass");
    checkHeaderValue("storageClass", options.storageClass);
  }
  if (options.metadata !== undefined && Object.keys(options.metadata).length > 0) {
    requireCapability(capabilities, "userMetadata", "metadata");
    for (const [name, value] of Object.entries(options.metadata)) {
      if (!/^[a-z0-9_-]+$/.test(name)) {
        throw invalid(`metadata key ${JSON.stringify(name)} may hold only a-z, 0-9, - and _`);
      }
      checkHeaderValue(`metadata ${name}`, value);
    }
  }
  if (options.crc32c !== undefined && options.crc32c >>> 0 !== options.crc32c) {
    throw invalid("crc32c must be an unsigned 32-bit number");
  }
}

/** Refuses a read that could never be answered. */
export function checkGetOptions(options: GetOptions): void {
  if (options.ifMatch !== undefined && options.ifNoneMatch !== undefined) {
    throw invalid("ifMatch and ifNoneMatch cannot be given together");
  }
}

function modeCapability(call: Call, mode: WriteMode | undefined): keyof Capabilities | undefined {
  if (mode === undefined || mode === "overwrite") return undefined;
  return mode === "create" ? CREATE_CAPABILITY[call] : MATCH_CAPABILITY[call];
}

function describeMode(mode: WriteMode | undefined): string {
  return typeof mode === "object" ? "ifMatch" : String(mode);
}

/** Refuses a call that needs an absent capability. Throws `unsupported`, naming it. */
export function requireCapability(
  capabilities: Capabilities,
  capability: keyof Capabilities,
  what: string,
): void {
  if (capabilities[capability] !== false) return;
  throw new LodeError({
    code: "unsupported",
    message: `${what} is not supported by this store (capability ${capability} is absent)`,
    details: { capability },
  });
}

// A line break would end the header and begin one of the value's choosing.
function checkHeaderValue(what: string, value: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (/[\u0000-\u001f\u007f]/.test(value)) {
    throw invalid(`${what} has a control character, which no store keeps`);
  }
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
