import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lode-decode-"));
  await writeFile(
    join(folder, "twice.mjs"),
    "export const decode = (value) => value.map((x) => x * 2);",
  );
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const PROGRAM = `
import { workerDecode } from "./src/loader/decode/index.js";
const { decode } = workerDecode({ module: process.argv[2], workers: 2 });
const info = { index: 0, uri: "mem://x" };
const all = await Promise.all([1, 2, 3].map((n) => decode(new Uint8Array([n]), info)));
console.log(all.map((array) => array[0]).join(" "));
`;

/** The program's text is made of functions, which builds change. */
describe("the workers' program", () => {
  it.each([
    ["a bundle", {}],
    ["a minified bundle that keeps names, as tsx has it", { minify: true, keepNames: true }],
  ])("works in %s, and lets the process end", async (_, options) => {
    const outfile = join(folder, `bundle-${Object.keys(options).length}.mjs`);
    await build({
      stdin: { contents: PROGRAM, resolveDir: process.cwd(), loader: "ts" },
      outfile,
      bundle: true,
      packages: "external",
      format: "esm",
      platform: "node",
      target: "node20.19",
      ...options,
    });
    // Packages are looked for from the bundle's place; none is needed here.
    const { stdout, stderr } = await run(process.execPath, [outfile, join(folder, "twice.mjs")], {
      timeout: 20_000,
    });
    expect([stdout, stderr]).toEqual(["2 4 6\n", ""]);
  });
});
