import { describeCrashes } from "../../checkpoints/commit/describe-crashes.js";
import { describeKills } from "../../checkpoints/commit/describe-kills.js";
import { SERVERS } from "../transfer/places.js";

/** One moment each: a server cannot tell them apart, and all of them are tried in memory. */
const MOMENTS = { minio: "after", radosgw: "before" } as const;

/** Every call on one server, some on the other: a process for each takes its time. */
const KILL_STRIDES: Readonly<Record<string, number>> = { minio: 1, radosgw: 5 };

for (const [name, moment] of Object.entries(MOMENTS)) {
  const make = SERVERS[name];
  if (make === undefined) continue;
  describeCrashes(name, make, { moments: [moment] });
  describeKills(name, make, { stride: KILL_STRIDES[name] ?? 1 });
}
