import type { TfExample } from "../../../src/formats/index.js";

/** All that an example is, for comparison; floats by their bits. */
export function plainExample(example: TfExample): unknown {
  return [...example].map(([name, feature]) => {
    if (feature.kind === "none") return [name, "none"];
    if (feature.kind === "bytes") {
      return [name, "bytes", feature.values.map((value) => Buffer.from(value).toString("hex"))];
    }
    const { buffer, byteOffset, byteLength } = feature.values;
    return [name, feature.kind, Buffer.from(buffer, byteOffset, byteLength).toString("hex")];
  });
}
