// Decodes a small .npy file of 32-bit floats and scales it: what a user's module does with pictures.
export function decode(bytes, { context }) {
  const headerBytes = 10 + (bytes[8] | (bytes[9] << 8));
  const header = Buffer.from(bytes.subarray(10, headerBytes)).toString("latin1");
  const shape = /'shape': \(([^)]*)\)/
    .exec(header)[1]
    .split(",")
    .filter((n) => n.trim() !== "");
  const data = new Float32Array(bytes.slice(headerBytes).buffer).map((x) => x * context.scale);
  return { dtype: "f4", shape: shape.map(Number), fortranOrder: false, data };
}
