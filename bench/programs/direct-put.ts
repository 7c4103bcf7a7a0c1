import { basename, dirname } from "node:path";
import { finishTransfer, openStore, transferObject } from "../../dist/index.js";

// Copies a file to direct:// in parts of 8 MiB. usage: direct-put.ts SOURCE TARGET; prints the seconds.
const [source = "", target = ""] = process.argv.slice(2);
const from = await openStore(`file://${dirname(source)}`);
const to = await openStore(`direct://${dirname(target)}`);
const begin = performance.now();
await finishTransfer(
  transferObject({
    source: { store: from, key: basename(source) },
    target: { store: to, key: basename(target) },
  }),
);
console.log((performance.now() - begin) / 1000);
await from.close();
await to.close();
