import { isLodeError } from "../../errors.js";
import { readCondemned, readState } from "../cycles/index.js";
import { listLeases } from "../sessions/index.js";
import type { CheckContext } from "./check-context.js";

/** The state of the collection, the list that it names, and the leases can be read: without them nothing is written or collected. */
export async function checkCollection(check: CheckContext): Promise<void> {
  const { store, signal } = check;
  await readable(check, "gc/state.json", async () => {
    const { state } = await readState(store, { signal });
    const { list } = state;
    if (list !== undefined) {
      await readable(check, list, () => readCondemned(store, list, { signal }));
    }
  });
  await readable(check, "leases/", async () => {
    for await (const _ of listLeases(store, { signal })) check.done("collection");
  });
}

async function readable(
  check: CheckContext,
  key: string,
  read: () => Promise<unknown>,
): Promise<void> {
  try {
    await read();
  } catch (error) {
    // The next cycle has removed it since.
    if (isLodeError(error, "not-found")) return;
    if (!isLodeError(error, "corrupt-format", "integrity")) throw error;
    await check.found({
      kind: "corrupt",
      key,
      reason: error.message,
      advice:
        "no byte of a blob is concerned, but nothing can be collected: delete it once nobody writes",
    });
  }
}
