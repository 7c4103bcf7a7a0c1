import { diskPlace } from "../../checkpoints/places.js";
import { describeProcesses } from "./describe-processes.js";

describeProcesses("file", async () => ({ ...(await diskPlace("file")), env: {} }), { stride: 1 });
