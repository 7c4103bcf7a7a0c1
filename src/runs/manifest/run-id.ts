import { encodePart } from "../../cas/index.js";
import { LodeError } from "../../errors.js";

const MAX_LENGTH = 200;

/** Heads of runs: the truth about which revision is the newest. */
export const HEADS = "heads/";
/** Revisions of runs, and copies of the newest ones for readers of mltrack's layout. */
export const MANIFESTS = "manifests/";

/** Why this text can name no run; undefined if it can: 1 to 200 characters, none of them a control character. */
export function runIdProblem(id: unknown): string | undefined {
  if (typeof id !== "string") return "it is no text";
  if (id === "") return "it is empty";
  if (id.length > MAX_LENGTH)
    return `it has ${id.length} characters, and ${MAX_LENGTH} are the most`;
  if (/\p{Cc}/u.test(id)) return "it has a control character";
  if (/\p{Cs}/u.test(id)) return "it has half of a surrogate pair";
  return undefined;
}

/** Throws `invalid-argument`. */
export function checkRunId(id: string): string {
  const problem = runIdProblem(id);
  if (problem === undefined) return id;
  throw new LodeError({
    code: "invalid-argument",
    message: `${JSON.stringify(String(id).slice(0, 80))} cannot name a run: ${problem}`,
  });
}

/** A run's id as one part of a key. `a.json` must not become both the copy of `a` and a folder. */
export function runPart(id: string): string {
  return dotless(encodePart(id));
}

/** Of the run whose id a ref encodes. */
export function headKeyOfOwner(encodedId: string): string {
  return `${HEADS}${dotless(encodedId)}.json`;
}

export function headKey(id: string): string {
  return `${HEADS}${runPart(id)}.json`;
}

/** The newest revision in mltrack's form. */
export function copyKey(id: string): string {
  return `${MANIFESTS}${runPart(id)}.json`;
}

export function revisionFolder(id: string): string {
  return `${MANIFESTS}${runPart(id)}/`;
}

/** The folder of the revisions of the run whose head this is. */
export function revisionFolderOf(headKey: string): string {
  return `${MANIFESTS}${headKey.slice(HEADS.length, -".json".length)}/`;
}

/** `sha256` is that of the manifest's bytes: writers that race write two objects. */
export function revisionKey(id: string, revision: number, sha256: string): string {
  return `${revisionFolder(id)}${String(revision).padStart(6, "0")}-${sha256.slice(0, 8)}.json`;
}

function dotless(part: string): string {
  return part.replace(/\.json$/, "%2Ejson");
}
