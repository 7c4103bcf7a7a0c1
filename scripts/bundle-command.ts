import { build } from "esbuild";

/**
 * Puts `src/cli` and all that it uses into `dist/cli/main.js` and chunks beside it: 130 files cost a
 * quarter of a short command's time. What is imported lazily stays in chunks of its own; packages stay
 * outside. Nothing of it is shared with the library in `dist/`, which no process loads together with
 * the command. Not minified, so that stack traces can be read.
 */
export async function bundleCommand(root: string, dist: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: ["src/cli/main.ts"],
    outdir: `${dist}/cli`,
    chunkNames: "chunk-[hash]",
    bundle: true,
    splitting: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20.19",
    logLevel: "warning",
  });
}
