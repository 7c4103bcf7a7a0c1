import { encodePart } from "../../cas/index.js";
import { type RunFacts, runPart } from "../manifest/index.js";
import { checkStorageMode, isNamed, isStorageMode, type STORAGE_MODES } from "./storage-mode.js";
import { parseTemplate } from "./template.js";

/** All views lie below it. */
export const VIEWS = "runs/";
const POINTER = "run.json";
const NONE = "default";

/** The parts of a view's path between its own folder and the run's, for the views that have names. */
const NAMED: Readonly<
  Record<(typeof STORAGE_MODES)[number], (run: RunFacts) => readonly string[]>
> = {
  by_project: (run) => ["by_project", encodePart(run.project ?? NONE)],
  by_date: (run) => ["by_date", run.createdAt.slice(0, 10)],
  by_type: (run) => ["by_type", run.runType],
  by_model: (run) => ["by_model", encodePart(run.model?.name ?? NONE)],
  flat: () => ["all"],
};

/** The folder of the run in a view, relative to the store, without a slash at the end. Throws `invalid-argument`. */
export function locationOf(run: RunFacts, mode: string): string {
  return `${VIEWS}${[...partsOf(run, mode), runPart(run.runId)].join("/")}`;
}

function partsOf(run: RunFacts, mode: string): readonly string[] {
  if (isNamed(mode)) return NAMED[mode](run);
  const template = parseTemplate(mode);
  return ["custom", template.folder, ...template.parts(run)];
}

/** The key of the pointer in a location. */
export function pointerKey(location: string): string {
  return `${location}/${POINTER}`;
}

/** The pointers that a run must have, each with its view. Views that are not known here are left alone. */
export function pointersOf(run: RunFacts): Map<string, string> {
  const modes = run.storageModes.filter(isStorageMode);
  return new Map(modes.map((mode) => [pointerKey(locationOf(run, mode)), mode]));
}

/** Whether a key below `runs/` may be a pointer. */
export function isPointerKey(key: string): boolean {
  return key.startsWith(VIEWS) && key.endsWith(`/${POINTER}`);
}

/** Below which the pointers of a view lie, of all views where none is given; ends in a slash. Throws `invalid-argument`. */
export function viewFolder(mode: string | undefined): string {
  if (mode === undefined) return VIEWS;
  const view = checkStorageMode(mode);
  if (!isNamed(view)) return `${VIEWS}custom/${parseTemplate(view).folder}/`;
  return `${VIEWS}${view === "flat" ? "all" : view}/`;
}
