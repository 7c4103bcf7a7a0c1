import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { useFolder } from "./lode.js";
import { builtLode } from "./lode-process.js";

const folder = useFolder();

describe("runProcess", () => {
  it("never ends in silence when work is left but nothing is awaited", async () => {
    const dist = join(dirname(await builtLode()), "..", "dist");
    const script = join(folder.path, "stuck.mjs");
    // A standard input that never ends and holds nothing: the event loop runs dry.
    await writeFile(
      script,
      `import { runProcess } from ${JSON.stringify(`file://${dist}/cli/main.js`)};
       const stdin = { isTTY: false, [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };
       const proc = new Proxy(process, {
         get: (target, name) => {
           if (name === "stdin") return stdin;
           const value = Reflect.get(target, name, target);
           return typeof value === "function" ? value.bind(target) : value;
         },
       });
       process.argv = ["node", "lode", "pipe", "object"];
       await runProcess(proc);`,
    );
    const { status, stderr } = spawnSync(process.execPath, [script], {
      cwd: folder.path,
      encoding: "utf8",
    });
    expect(stderr).toMatch(/^lode: ended before its work was done/m);
    expect(status).toBe(1);
  }, 60_000);
});
