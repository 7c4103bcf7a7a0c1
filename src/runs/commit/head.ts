import { isBlobId } from "../../cas/index.js";
import { crc32c, JsonFields, type JsonPlace, parseJson } from "../../core/index.js";
import { isLodeError, LodeError } from "../../errors.js";
import { isTimeStamp, revisionKey, runIdProblem } from "../manifest/index.js";

const WHAT = "head of a run";
const VERSION = 1;
/** What to do about a head that is damaged. */
export const MEND = "lode run verify --repair writes it anew from the run's revisions";
/** The last field: the CRC-32C of the text without it. */
const SEAL = /,\n {2}"head_crc32c": "([0-9a-f]{8})"\n\}\n$/;

/** Which revision of a run is the newest, and whether the run is deleted: the truth about it. */
export interface RunHead {
  readonly runId: string;
  readonly revision: number;
  /** Of the manifest's bytes, 64 hex digits. */
  readonly manifestSha256: string;
  /** ISO 8601 in UTC; null for a run that is not deleted. */
  readonly deletedAt: string | null;
  /** It is being removed for good, and cannot be restored any more. */
  readonly purging: boolean;
}

export function encodeHead(head: RunHead): string {
  const fields = {
    version: VERSION,
    run_id: head.runId,
    revision: head.revision,
    manifest: revisionKey(head.runId, head.revision, head.manifestSha256),
    manifest_sha256: head.manifestSha256,
    ...(head.deletedAt === null ? {} : { deleted_at: head.deletedAt }),
    ...(head.purging ? { purging: true } : {}),
  };
  const text = JSON.stringify(fields, null, 2);
  return `${text.slice(0, -2)},\n  "head_crc32c": "${checksum(text)}"\n}\n`;
}

/**
 * Throws `corrupt-format`, `integrity` for a checksum that differs, both with the command that mends it, and
 * `unsupported` for a newer version.
 */
export function parseHead(text: string, uri: string): RunHead {
  const seal = SEAL.exec(text);
  // Before anything else is believed, the version too.
  if (seal !== null) checkSeal(seal, text, uri);
  try {
    return headFrom(text, seal !== null, uri);
  } catch (error) {
    if (!isLodeError(error, "corrupt-format")) throw error;
    throw error.with({ message: `${error.message}; ${MEND}` });
  }
}

function headFrom(text: string, isSealed: boolean, uri: string): RunHead {
  const place: JsonPlace = { what: WHAT, uri, path: "" };
  const fields = new JsonFields(parseJson(text, WHAT, uri), place);
  const version = fields.integer("version");
  if (version > VERSION) {
    throw new LodeError({
      code: "unsupported",
      message: `${uri} has version ${version}, and ${VERSION} is the newest that is known here; update Lodestore`,
      uri,
    });
  }
  if (!isSealed) throw fields.wrong("head_crc32c", "a checksum at the end");
  const runId = fields.text("run_id");
  const problem = runIdProblem(runId);
  if (problem !== undefined) throw fields.wrong("run_id", `the id of a run: ${problem}`);
  const revision = fields.integer("revision");
  const manifestSha256 = fields.text("manifest_sha256");
  if (!isBlobId(manifestSha256)) throw fields.wrong("manifest_sha256", "a SHA-256");
  if (fields.text("manifest") !== revisionKey(runId, revision, manifestSha256)) {
    throw fields.wrong("manifest", "the key of that revision");
  }
  const deletedAt = fields.optionalText("deleted_at");
  if (deletedAt !== null && !isTimeStamp(deletedAt)) throw fields.wrong("deleted_at", "a time");
  return { runId, revision, manifestSha256, deletedAt, purging: fields.value("purging") === true };
}

function checkSeal(seal: RegExpExecArray, text: string, uri: string): void {
  const actual = checksum(`${text.slice(0, seal.index)}\n}`);
  if (actual === seal[1]) return;
  throw new LodeError({
    code: "integrity",
    message: `${uri} is damaged: its checksum is ${actual}, and it says ${seal[1]}; ${MEND}`,
    uri,
  });
}

function checksum(text: string): string {
  return crc32c(Buffer.from(text)).toString(16).padStart(8, "0");
}
