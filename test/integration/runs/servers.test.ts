import { describeRuns } from "../../runs/describe-runs.js";
import { SERVERS } from "../transfer/places.js";

for (const [name, make] of Object.entries(SERVERS)) describeRuns(name, make);
