import { memoryPlace } from "../places.js";
import { describeCrashes } from "./describe-crashes.js";

describeCrashes("memory", memoryPlace, { moments: ["before", "after"] });
