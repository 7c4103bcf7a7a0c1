/** How deep a value is looked into, and at how many parts of it. */
const DEPTH = 3;
const PARTS = 64;

/**
 * Bytes of memory that a value holds: of its buffers and texts, also within objects, arrays and maps. What has none, or more
 * parts than can be looked at for each item, is taken to hold `otherwise`.
 */
export function heldBytes(value: unknown, otherwise: number): number {
  return measured(value, DEPTH) ?? otherwise;
}

function measured(value: unknown, depth: number): number | undefined {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return undefined;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) return value.byteLength;
  if (depth === 0) return undefined;
  const parts = value instanceof Map ? [...value.values()] : Object.values(value);
  if (parts.length > PARTS) return undefined;
  let sum: number | undefined;
  for (const part of parts) {
    const bytes = measured(part, depth - 1);
    if (bytes !== undefined) sum = (sum ?? 0) + bytes;
  }
  return sum;
}
