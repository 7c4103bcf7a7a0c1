import { diskPlace, memoryPlace } from "../places.js";
import { describeHousekeeping } from "./describe-housekeeping.js";

const PLACES = {
  mem: memoryPlace,
  file: () => diskPlace("file"),
  direct: () => diskPlace("direct"),
};

for (const [what, make] of Object.entries(PLACES)) {
  describeHousekeeping(what, async () => {
    const place = await make();
    return { store: await place.open(), drop: () => place.drop() };
  });
}
