import type { Program, ProgramName } from "./program.js";
import { python } from "./python.js";
import { warp } from "./warp.js";

export const programs: Readonly<Record<ProgramName, Program>> = { warp, python };

export const PROGRAM_NAMES = Object.keys(programs) as readonly ProgramName[];
