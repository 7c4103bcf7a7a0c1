// Run by the tests in a process of its own: worker.ts <job> <root> <n> <direct|file>

import { isLodeError } from "../../../../src/errors.js";
import { openDirectBackend } from "../../../../src/storage/backends/direct/index.js";
import { openFileBackend } from "../../../../src/storage/backends/file/index.js";
import { countedCalls } from "./failing-calls.js";
import { NEW_BYTES, PART_BYTES } from "./worker-data.js";

const [job, root = "", count = "0", scheme] = process.argv.slice(2);

/** Kills this process in place of its n-th system call. */
const { calls } = countedCalls(job === "increment" ? 0 : Number(count), () => {
  process.kill(process.pid, "SIGKILL");
  return new Promise(() => {});
});
const open = scheme === "direct" ? openDirectBackend : openFileBackend;
const store = await open({ root, fsCalls: calls });

if (job === "put") {
  await store.put("d/k", NEW_BYTES);
} else if (job === "create") {
  await store.put("d/new", NEW_BYTES, { mode: "create" });
} else if (job === "upload") {
  const upload = await store.startMultipart("d/k", { partSize: PART_BYTES });
  for (let n = 1; (n - 1) * PART_BYTES < NEW_BYTES.length; n++) {
    await upload.putPart(n, NEW_BYTES.subarray((n - 1) * PART_BYTES, n * PART_BYTES));
  }
  await upload.complete();
} else if (job === "increment") {
  for (let i = 0; i < Number(count); i++) await increment();
}
await store.close();

async function increment(): Promise<void> {
  for (;;) {
    const { meta, body } = await store.get("counter");
    let value = "";
    for await (const chunk of body) value += Buffer.from(chunk).toString();
    const next = new TextEncoder().encode(String(Number(value) + 1));
    try {
      await store.put("counter", next, { mode: { ifMatch: meta.etag } });
      return;
    } catch (error) {
      if (!isLodeError(error, "precondition-failed")) throw error;
    }
  }
}
