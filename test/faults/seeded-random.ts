export { seededRandom } from "../../src/core/index.js";

/** The seed of a random test: `LODE_TEST_SEED`, else a new one. */
export function testSeed(): number {
  const given = process.env.LODE_TEST_SEED;
  return given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
}

/** Runs a random test; its failure names the seed, by which it can be run again. */
export async function withSeed(run: (seed: number) => Promise<void>): Promise<void> {
  const seed = testSeed();
  try {
    await run(seed);
  } catch (cause) {
    throw new Error(`failed with LODE_TEST_SEED=${seed}: ${String(cause)}`, { cause });
  }
}
