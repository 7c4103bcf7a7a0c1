// Run in a process of its own: stores data and saves runs as its argument (JSON) says; with `kill` it kills itself with -9
// at that call of the store. Prints a line if it comes to its end.
import { RunStore } from "../../../src/runs/index.js";
import { openStore } from "../../../src/storage/index.js";
import { stopping } from "../../checkpoints/commit/stopping-layer.js";
import { type ChildWork, work } from "./kill-work.js";

export interface ChildTask {
  readonly uri: string;
  readonly env: Readonly<Record<string, string>>;
  readonly work: ChildWork;
  /** The number of the call before which it is killed. */
  readonly kill?: number | undefined;
}

const task = JSON.parse(process.argv[2] as string) as ChildTask;
const { uri, env, kill } = task;
const layers =
  kill === undefined
    ? []
    : [stopping({ call: kill, when: "before" }, () => process.kill(process.pid, "SIGKILL"))];
const objects = await openStore(uri, { env, layers, file: { sync: "none" } });
await using store = await RunStore.open(objects, { env });
await work(store, task.work);
process.stdout.write("saved\n");
