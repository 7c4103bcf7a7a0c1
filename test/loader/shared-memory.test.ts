import { describe, expect, it } from "vitest";
import { type Sample, writeTar } from "../../src/formats/index.js";
import { DataLoader, type DataLoaderOptions, tarDataset } from "../../src/loader/index.js";
import { bytesOf, folder, joined } from "./datasets/places.js";

const SAMPLES = 40;
const fieldOf = (index: number) => bytesOf(index, 1000 + index);

async function samplesOf(options: DataLoaderOptions<Sample>): Promise<Sample[]> {
  const store = await folder();
  const members = Array.from({ length: SAMPLES }, (_, index) => ({
    name: `${String(index).padStart(3, "0")}.bin`,
    data: fieldOf(index),
  }));
  await store.put("a.tar", await joined(writeTar(members)));
  await using loader = new DataLoader(await tarDataset(store, { prefix: "" }), {
    batchSize: 4,
    ...options,
  });
  const samples: Sample[] = [];
  for await (const { items } of loader) samples.push(...items);
  return samples;
}

function bytes({ fields }: Sample): Uint8Array {
  return fields.get("bin") as Uint8Array;
}

describe("memory of samples", () => {
  it("is that of the parts in order, and nobody writes to it again", async () => {
    const samples = await samplesOf({ partSize: 8192 });
    expect(samples.map(bytes)).toEqual(Array.from({ length: SAMPLES }, (_, at) => fieldOf(at)));
    expect(new Set(samples.map((sample) => bytes(sample).buffer)).size).toBeLessThan(SAMPLES);
  });

  it.each<DataLoaderOptions<Sample>>([
    { shuffle: true, partSize: 8192 },
    { readerMode: "sequential" },
  ])("is each sample's own with %o", async (options) => {
    const samples = await samplesOf(options);
    samples.sort((a, b) => Number(a.key) - Number(b.key));
    expect(samples.map(bytes)).toEqual(Array.from({ length: SAMPLES }, (_, at) => fieldOf(at)));
    for (const sample of samples) {
      expect(bytes(sample).buffer.byteLength).toBe(bytes(sample).length);
    }
  });
});
