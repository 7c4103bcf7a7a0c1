import { encodePart, refKey } from "../cas/index.js";
import { JsonFields, type JsonPlace, parseJson, sideBySide } from "../core/index.js";
import { LodeError } from "../errors.js";
import type { CallOptions, ObjectStore } from "../storage/index.js";
import { putJson } from "../storage/json/index.js";
import { type DataReference, referenceFromJson, referenceToJson } from "./manifest/index.js";

/** The kind of the refs by which names keep blobs. */
export const NAME_REFS = "names";

/** References by name: `names/<name>/<blob>.json`. The refs, which this follows, keep the blobs alive. */
const NAMES = "names/";
const WHAT = "reference to named data";
const MAX_NAME = 200;
const AT_A_TIME = 16;

/** Throws `invalid-argument`: names have 1 to 200 characters, none of them a control character. */
export function checkDataName(name: string): string {
  const wrong =
    typeof name !== "string" ||
    name === "" ||
    name === "__proto__" ||
    name.length > MAX_NAME ||
    /[\p{Cc}\p{Cs}]/u.test(name);
  if (!wrong) return name;
  throw new LodeError({
    code: "invalid-argument",
    message: `${JSON.stringify(String(name).slice(0, 80))} cannot name data: give 1 to ${MAX_NAME} characters without control characters`,
  });
}

/** Remembers data that a name keeps. The ref must be there. */
export async function putNamed(
  store: ObjectStore,
  reference: DataReference,
  options: CallOptions = {},
): Promise<void> {
  const text = `${JSON.stringify({ version: 1, ...referenceToJson(reference) }, null, 2)}\n`;
  const key = `${folderOf(reference.name)}${reference.hash}.json`;
  await putJson(store, key, text, { ...options, mode: "overwrite" });
}

/** What was stored under a name, or under all names; the newest of a name last. */
export async function listNamed(
  store: ObjectStore,
  name: string | undefined,
  { signal }: CallOptions = {},
): Promise<DataReference[]> {
  const prefix = name === undefined ? NAMES : folderOf(name);
  const keys: string[] = [];
  for await (const { key } of store.list({ prefix, signal })) keys.push(key);
  const references = await sideBySide(keys, AT_A_TIME, signal, async (key, inner) =>
    parseNamed(await store.text(key, { signal: inner }), store.uriOf(key)),
  );
  return references.sort(
    (a, b) =>
      compare(a.name, b.name) || compare(a.createdAt, b.createdAt) || compare(a.hash, b.hash),
  );
}

/** Lets go of all that a name keeps, and tells what it was. What runs use stays. */
export async function forgetNamed(
  store: ObjectStore,
  name: string,
  { signal }: CallOptions = {},
): Promise<DataReference[]> {
  const references = await listNamed(store, name, { signal });
  for (const { hash } of references) {
    // The reference last: with it, forgetting can be repeated.
    await store.delete(refKey(hash, NAME_REFS, name), { signal });
    await store.delete(`${folderOf(name)}${hash}.json`, { signal });
  }
  return references;
}

function folderOf(name: string): string {
  return `${NAMES}${encodePart(name)}/`;
}

function parseNamed(text: string, uri: string): DataReference {
  const place: JsonPlace = { what: WHAT, uri, path: "" };
  const { version: _, ...fields } = Object.fromEntries(
    new JsonFields(parseJson(text, WHAT, uri), place).entries(),
  );
  return referenceFromJson(fields, place);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
