import type { Cell, CellReader } from "../../table/index.js";

/** Values as Parquet stores them, in their physical type. */
export const storedCells: CellReader = (type) => {
  switch (type.kind) {
    case "bool":
      return (value) => (typeof value === "boolean" ? Number(value) : undefined);
    case "int":
      return type.bits === 64 ? bigintOf : smallInt(type.bits, type.signed);
    case "float":
      if (type.bits === 16) return halfBits;
      return numberOf;
    case "date":
      return numberOf;
    case "timestamp":
    case "time":
      return type.unit === "s" ? secondsOf : bigintOf;
    case "duration":
      return bigintOf;
    case "string":
      return (value) => (typeof value === "string" ? value : undefined);
    case "bytes":
      return (value) => (value instanceof Uint8Array ? value : undefined);
    case "decimal":
      return (value) => (value instanceof Uint8Array ? signedBytes(value) : bigintOf(value));
  }
};

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function halfBits(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (!(value instanceof Uint8Array) || value.length !== 2) return undefined;
  return (value[0] as number) | ((value[1] as number) << 8);
}

function smallInt(bits: number, signed: boolean): (value: unknown) => Cell | undefined {
  const min = signed ? -(2 ** (bits - 1)) : 0;
  const max = 2 ** (signed ? bits - 1 : bits) - 1;
  return (value) => {
    if (typeof value !== "number") return undefined;
    // Stored as signed numbers of 32 bits.
    const number = bits === 32 && !signed ? value >>> 0 : value;
    return number >= min && number <= max ? number : undefined;
  };
}

function bigintOf(value: unknown): bigint | undefined {
  if (typeof value === "bigint") return value;
  return typeof value === "number" ? BigInt(value) : undefined;
}

/** Parquet has no seconds: our writer stores milliseconds. */
function secondsOf(value: unknown): bigint | undefined {
  const milliseconds = bigintOf(value);
  if (milliseconds === undefined || milliseconds % 1000n !== 0n) return undefined;
  return milliseconds / 1000n;
}

/** Two's complement, highest byte first. */
function signedBytes(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  return BigInt.asIntN(8 * bytes.length, BigInt(`0x${Buffer.from(bytes).toString("hex")}`));
}
