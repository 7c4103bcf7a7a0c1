import { OpLogWriter } from "../../src/oplog/index.js";
import { entry } from "./sample-entries.js";

/** Writes rows for ever; says how many had been flushed at one moment, and goes on. */
const writer = await OpLogWriter.create(process.argv[2] ?? "", {
  frameBytes: 4096,
  lossless: true,
});
let rows = 0;
for (; rows < 5000; rows++) writer.append(entry({ bytes: rows }));
await writer.flush();
process.stdout.write(`${rows}\n`);
for (;;) {
  for (let i = 0; i < 100; i++) writer.append(entry({ bytes: rows++ }));
  await new Promise((resolve) => setImmediate(resolve));
}
