import { JsonFields, parseJson } from "../../core/index.js";
import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { isBlobId, isPackId } from "../keys.js";

export const STATE_KEY = "gc/state.json";

/**
 * How far a cycle is. `condemned`: its list is published, and what a session needs of it can be rescued.
 * `deleting`: what was not rescued goes to the trash. `done`: it is gone.
 */
export type Phase = "condemned" | "deleting" | "done";

/** Blobs and packs by their ids. */
export interface Ids {
  readonly blobs: readonly string[];
  readonly packs: readonly string[];
}

/** The body of `gc/state.json`: one object, changed by compare-and-swap only, that decides every race of a collection. */
export interface GcState {
  /** From 1; 0 before the first one. */
  readonly cycle: number;
  readonly phase: Phase;
  /** The key of what the cycle condemns; undefined once it is done. */
  readonly list: string | undefined;
  /** Of the list, what stays: rescued by sessions, or found to be needed. */
  readonly rescued: Ids;
  /** While deleting: so many of the list, its blobs and then its packs, are dealt with. */
  readonly swept: number;
  /** Who is at work, and when it said so last, for people; undefined: nobody. */
  readonly collector: { readonly id: string; readonly renewedAt: number } | undefined;
}

export interface StoredState {
  readonly state: GcState;
  /** Undefined: there is none yet. */
  readonly etag: string | undefined;
  /** When it was written, by the store's clock, in milliseconds since 1970; undefined where that was not asked. */
  readonly modified?: number | undefined;
}

export const NO_IDS: Ids = { blobs: [], packs: [] };

const FIRST: GcState = {
  cycle: 0,
  phase: "done",
  list: undefined,
  rescued: NO_IDS,
  swept: 0,
  collector: undefined,
};

/** Throws `corrupt-format`. */
export async function readState(
  store: ObjectStore,
  { signal }: CallOptions = {},
): Promise<StoredState> {
  try {
    const { meta, body } = await store.get(STATE_KEY, { signal });
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(new Uint8Array(chunk));
    const state = parseState(Buffer.concat(chunks).toString(), store);
    return { state, etag: meta.etag, modified: meta.lastModified.getTime() };
  } catch (error) {
    if (isLodeError(error, "not-found")) return { state: FIRST, etag: undefined };
    throw error;
  }
}

/** Throws `precondition-failed` or `already-exists` if it is no longer what was read. */
export async function writeState(
  store: ObjectStore,
  { state, etag }: StoredState,
  { signal }: CallOptions = {},
): Promise<StoredState> {
  const { collector } = state;
  const text = JSON.stringify(
    {
      version: 1,
      cycle: state.cycle,
      phase: state.phase,
      list: state.list ?? null,
      rescued: state.rescued,
      swept: state.swept,
      collector:
        collector === undefined
          ? null
          : { id: collector.id, renewed_at: new Date(collector.renewedAt).toISOString() },
    },
    undefined,
    2,
  );
  const mode = etag === undefined ? "create" : { ifMatch: etag };
  const written = await store.put(STATE_KEY, `${text}\n`, { mode, signal });
  return { state, etag: written.etag };
}

/** Whether a conditional write lost to another. */
export function isLostRace(error: unknown): boolean {
  return isLodeError(error, "precondition-failed", "already-exists");
}

/** The fields `blobs` and `packs`. Throws `corrupt-format`. */
export function idsOf(fields: JsonFields): Ids {
  return { blobs: listOf(fields, "blobs", isBlobId), packs: listOf(fields, "packs", isPackId) };
}

function parseState(text: string, store: ObjectStore): GcState {
  const place = { what: "state of a collection", uri: store.uriOf(STATE_KEY), path: "" };
  const fields = new JsonFields(parseJson(text, place.what, place.uri), place);
  if (fields.integer("version") !== 1) throw fields.wrong("version", "1");
  const phase = fields.text("phase");
  if (phase !== "condemned" && phase !== "deleting" && phase !== "done") {
    throw fields.wrong("phase", "condemned, deleting or done");
  }
  const list = fields.optionalText("list") ?? undefined;
  if (phase !== "done" && list === undefined) throw fields.wrong("list", "a key");
  return {
    cycle: fields.integer("cycle"),
    phase,
    list,
    rescued: idsOf(fields.object("rescued")),
    swept: fields.integer("swept"),
    collector: fields.has("collector") ? collectorOf(fields.object("collector")) : undefined,
  };
}

function collectorOf(fields: JsonFields): NonNullable<GcState["collector"]> {
  const renewedAt = Date.parse(fields.text("renewed_at"));
  if (Number.isNaN(renewedAt)) throw fields.wrong("renewed_at", "a time");
  return { id: fields.text("id"), renewedAt };
}

function listOf(
  fields: JsonFields,
  name: string,
  isId: (value: unknown) => value is string,
): string[] {
  const list = fields.list(name);
  if (list.every(isId)) return list as string[];
  throw fields.wrong(name, "a list of ids");
}
