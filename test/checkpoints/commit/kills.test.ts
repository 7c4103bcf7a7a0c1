import { diskPlace } from "../places.js";
import { describeKills } from "./describe-kills.js";

describeKills("file", async () => ({ ...(await diskPlace("file")), env: {} }), { stride: 1 });
