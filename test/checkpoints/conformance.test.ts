import { describeCheckpoints } from "./describe-checkpoints.js";
import { diskPlace, memoryPlace } from "./places.js";

describeCheckpoints("memory", memoryPlace);
describeCheckpoints("file", () => diskPlace("file"));
describeCheckpoints("direct", () => diskPlace("direct"));
