import { describeCheckpoints } from "../../checkpoints/describe-checkpoints.js";
import { SERVERS } from "../transfer/places.js";

for (const [name, make] of Object.entries(SERVERS)) describeCheckpoints(name, make);
