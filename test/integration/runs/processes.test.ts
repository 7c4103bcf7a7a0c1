import { describeProcesses } from "../../runs/commit/describe-processes.js";
import { SERVERS } from "../transfer/places.js";

/** A process for each takes its time, and all calls are tried on files. */
const STRIDES = { minio: 3, radosgw: 7 } as const;

for (const [name, stride] of Object.entries(STRIDES)) {
  const make = SERVERS[name];
  if (make !== undefined) describeProcesses(name, make, { stride });
}
