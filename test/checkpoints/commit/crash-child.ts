// Run in a process of its own: saves as its argument (JSON) says, and kills itself with -9 at one of its
// calls of the store. Prints a line if it comes to its end.
import { openStore } from "../../../src/storage/index.js";
import { type CrashJob, runJob, UNSYNCED } from "./crash-job.js";
import { type StopPoint, stopping } from "./stopping-layer.js";

export interface ChildTask {
  readonly uri: string;
  readonly env: Readonly<Record<string, string>>;
  readonly job: CrashJob;
  readonly point: StopPoint;
}

const { uri, env, job, point } = JSON.parse(process.argv[2] as string) as ChildTask;
const layers = [stopping(point, () => process.kill(process.pid, "SIGKILL"))];
await runJob(job, () => openStore(uri, { env, layers, file: UNSYNCED }));
process.stdout.write("saved\n");
