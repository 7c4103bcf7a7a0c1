import { diskPlace } from "../checkpoints/places.js";
import { describeRuns } from "./describe-runs.js";

describeRuns("file", () => diskPlace("file"));
