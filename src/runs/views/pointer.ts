import { JsonFields, type JsonPlace, parseJson } from "../../core/index.js";
import { copyKey, headKey } from "../manifest/index.js";

const WHAT = "pointer to a run";

/** What an object of a view says. It stays the same over all revisions of the run. */
export interface RunPointer {
  readonly runId: string;
  readonly mode: string;
}

export function encodePointer({ runId, mode }: RunPointer): string {
  const fields = {
    version: 1,
    run_id: runId,
    view: mode,
    head: headKey(runId),
    manifest: copyKey(runId),
  };
  return `${JSON.stringify(fields, null, 2)}\n`;
}

/** Throws `corrupt-format`. */
export function parsePointer(text: string, uri: string): RunPointer {
  const place: JsonPlace = { what: WHAT, uri, path: "" };
  const fields = new JsonFields(parseJson(text, WHAT, uri), place);
  const runId = fields.text("run_id");
  if (fields.text("head") !== headKey(runId)) {
    throw fields.wrong("head", `the head of ${JSON.stringify(runId)}`);
  }
  return { runId, mode: fields.text("view") };
}
