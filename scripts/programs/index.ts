// Programs of other toolchains that tests run beside the servers: MinIO warp, and Python with
// readers of the formats. Fetched once into the cache folder; not part of the package.
export type { Program, ProgramName } from "./program.js";
export { PROGRAM_NAMES, programs } from "./programs.js";
