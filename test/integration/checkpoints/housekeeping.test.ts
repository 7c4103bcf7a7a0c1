import { describeHousekeeping } from "../../checkpoints/housekeeping/describe-housekeeping.js";
import { SERVERS } from "../transfer/places.js";

for (const [name, make] of Object.entries(SERVERS)) describeHousekeeping(name, make);
