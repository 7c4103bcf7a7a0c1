// Decodes a sample of `.npy` (32-bit floats) and `.cls` (a number as text), as a user's module would.
export function decode({ key, fields }) {
  const npy = fields.get("npy");
  const headerBytes = 10 + (npy[8] | (npy[9] << 8));
  const header = Buffer.from(npy.buffer, npy.byteOffset, headerBytes).toString("latin1");
  const shape = /'shape': \(([^)]*)\)/
    .exec(header)[1]
    .split(",")
    .filter((n) => n.trim() !== "");
  const x = {
    dtype: "f4",
    shape: shape.map(Number),
    fortranOrder: false,
    data: new Float32Array(npy.buffer.slice(npy.byteOffset + headerBytes)),
  };
  const label = Number(Buffer.from(fields.get("cls")).toString());
  if (Number.isNaN(label)) throw new Error("the class is no number");
  return { key, x, label };
}
