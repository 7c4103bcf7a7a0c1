import { patternBytes } from "./pattern-bytes.js";

export const OLD_BYTES = patternBytes(10_000, 1);
export const NEW_BYTES = patternBytes(20_000, 2);
export const PART_BYTES = 8192;
