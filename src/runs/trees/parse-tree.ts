import { isBlobId } from "../../cas/index.js";
import {
  compareKeys,
  corruptJson,
  JsonFields,
  type JsonPlace,
  parseJson,
} from "../../core/index.js";
import type { LodeError } from "../../errors.js";
import { groupContents, totalBytes } from "./file-groups.js";
import type { TreeDocument, TreeGroup } from "./tree-document.js";
import {
  EMPTY_SHA256,
  GROUPED_UP_TO,
  isGrouped,
  linkRefusal,
  pathRefusal,
  type TreeEntry,
  type TreeFile,
} from "./tree-entry.js";

const WHAT = "tree";

/**
 * Reads the document of a tree; `uri` is of its blob. Throws `corrupt-format` for what no writer makes, among it
 * everything that could lead out of the folder to which the tree is restored.
 */
export function parseTree(bytes: Uint8Array, uri: string): TreeDocument {
  const place = { what: WHAT, uri, path: "" };
  const fields = new JsonFields(parseJson(utf8(bytes, place), WHAT, uri), place);
  if (fields.integer("version") !== 1) throw fields.wrong("version", "1");
  if (fields.integer("grouped_up_to") !== GROUPED_UP_TO) {
    throw fields.wrong("grouped_up_to", String(GROUPED_UP_TO));
  }
  const document = {
    entries: fieldsOfList(fields, "entries").map(entryOf),
    groups: fieldsOfList(fields, "groups").map(groupOf),
  };
  const why = pathsRefusal(document.entries) ?? groupsRefusal(document);
  if (why !== undefined) throw corruptJson(place, why);
  return document;
}

function entryOf(fields: JsonFields): TreeEntry {
  const [kind, path] = [fields.text("kind"), fields.text("path")];
  const why = pathRefusal(path);
  if (why !== undefined) throw refused(fields, "path", path, why);
  if (kind === "directory") return { kind, path };
  if (kind === "file") return fileOf(fields, path);
  if (kind !== "link") throw fields.wrong("kind", "file, directory or link");
  const target = fields.text("target");
  const whyNot = linkRefusal(path, target);
  if (whyNot !== undefined) throw refused(fields, "target", target, whyNot);
  return { kind, path, target };
}

function fileOf(fields: JsonFields, path: string): TreeFile {
  const [size, sha256] = [fields.integer("size"), fields.text("sha256")];
  const executable = fields.value("executable");
  if (!isBlobId(sha256) || (size === 0) !== (sha256 === EMPTY_SHA256)) {
    throw fields.wrong("sha256", `the SHA-256 of ${size} bytes`);
  }
  if (typeof executable !== "boolean") throw fields.wrong("executable", "true or false");
  return { kind: "file", path, size, sha256, executable };
}

function groupOf(fields: JsonFields): TreeGroup {
  const [blob, files] = [fields.text("blob"), fields.integer("files")];
  if (!isBlobId(blob)) throw fields.wrong("blob", "the SHA-256 of a blob");
  if (files === 0) throw fields.wrong("files", "a number from 1");
  return { blob, files, bytes: fields.integer("bytes") };
}

/** Each path is there once, in order, and none is below an entry: that would be no folder. */
function pathsRefusal(entries: readonly TreeEntry[]): string | undefined {
  const paths = new Set<string>();
  let before: string | undefined;
  for (const { path } of entries) {
    if (before !== undefined && compareKeys(before, path) >= 0) {
      return `${JSON.stringify(path)} is there twice or out of order`;
    }
    paths.add(path);
    before = path;
  }
  for (const path of paths) {
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const above = path.slice(0, end);
      if (paths.has(above)) {
        return `${JSON.stringify(path)} lies below ${JSON.stringify(above)}, which is an entry itself`;
      }
    }
  }
  return undefined;
}

/** The groups hold just the small files; equal contents have one size. */
function groupsRefusal({ entries, groups }: TreeDocument): string | undefined {
  const grouped = entries.filter((entry) => entry.kind === "file").filter(isGrouped);
  let at = 0;
  for (const { blob, files, bytes } of groups) {
    const members = grouped.slice(at, at + files);
    const contents = groupContents(members);
    const sizes = new Set(members.map(({ sha256, size }) => `${sha256} ${size}`)).size;
    const fits = members.length === files && sizes === contents.length;
    if (!fits || totalBytes(contents) !== bytes) return `its group ${blob} does not fit its files`;
    at += files;
  }
  return at === grouped.length ? undefined : `${grouped.length - at} files are in no group`;
}

function fieldsOfList(fields: JsonFields, name: string): JsonFields[] {
  const { place } = fields;
  return fields
    .list(name)
    .map((value, index) => new JsonFields(value, { ...place, path: `${name}[${index}].` }));
}

function utf8(bytes: Uint8Array, place: JsonPlace): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw corruptJson(place, "it is not UTF-8", cause);
  }
}

function refused({ place }: JsonFields, name: string, text: string, why: string): LodeError {
  return corruptJson(
    place,
    `${place.path}${name} ${JSON.stringify(text.slice(0, 120))} cannot be: ${why}`,
  );
}
