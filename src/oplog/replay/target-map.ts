import { formatStoreUri, isStoreUri, parseStoreUri } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { OpLogEntry } from "../entry.js";

/** Where what lies in one place of the log goes. */
export interface TargetRule {
  /**
   * A server's URL, a store's URI or a key, each of the two former also with a key behind it. Covers
   * what is equal to it or goes on after a slash.
   */
  readonly from: string;
  /** URIs of stores; more than one share the load. */
  readonly to: readonly string[];
}

export interface TargetOptions {
  /** Rules; the one that covers most of the key wins. */
  readonly maps?: readonly TargetRule[] | undefined;
  /** URI of the store below which everything goes that no rule covers. */
  readonly to?: string | undefined;
  /** Of several targets take the one that a key's hash says, so that a write and its reads meet. */
  readonly sticky?: boolean | undefined;
  /** What no rule covers goes where the log has it, writes too. */
  readonly inPlace?: boolean | undefined;
}

/** A key in the store at a URI. */
export interface Placed {
  readonly uri: string;
  readonly key: string;
}

/** The rule for a key, and what of the key goes on behind its target. */
interface Match {
  readonly rule: Rule;
  readonly key: string;
}

interface Rule {
  readonly kind: "endpoint" | "store" | "key";
  readonly from: string;
  readonly to: readonly string[];
  /** Whose turn it is. */
  turn: number;
}

/** The order of rules that cover the same part of a key: one that names more of the place first. */
const RANK = { store: 0, endpoint: 1, key: 2 } as const;

/** Says where each row of a log goes, by rules that the user gave and nobody else. */
export class TargetMap {
  readonly #rules: readonly Rule[];
  readonly #rest: Rule | undefined;
  readonly #sticky: boolean;
  /** Without any rule, reads go where the log has them. */
  readonly #own: "all" | "reads" | "none";

  constructor({ maps = [], to, sticky = false, inPlace = false }: TargetOptions) {
    if (to !== undefined && inPlace) {
      throw invalid("a replay goes either to a target or in place: leave one of the two out");
    }
    this.#rules = maps.map(ruleOf).sort((a, b) => RANK[a.kind] - RANK[b.kind]);
    this.#rest = to === undefined ? undefined : { kind: "key", from: "", to: [to], turn: 0 };
    this.#sticky = sticky;
    this.#own = inPlace ? "all" : maps.length === 0 && to === undefined ? "reads" : "none";
  }

  /**
   * Where the row's key goes; undefined if no rule covers it. With `sticky` the key's hash chooses
   * among several targets, whatever the options say. Throws `invalid-argument` where nobody
   * said where writes go, or the log does not tell where it read.
   */
  place(row: OpLogEntry, key: string, writes: boolean, sticky = false): Placed | undefined {
    const match = this.#match(row, key);
    if (match === undefined) return this.#ownPlace(row, key, writes);
    const { rule } = match;
    const turn = this.#sticky || sticky ? hashOf(match.key) : rule.turn++;
    return { uri: rule.to[turn % rule.to.length]!, key: match.key };
  }

  /** Every place that {@link place} could choose. */
  places(row: OpLogEntry, key: string): readonly Placed[] {
    const match = this.#match(row, key);
    if (match === undefined) {
      const own = this.#ownPlace(row, key, true);
      return own === undefined ? [] : [own];
    }
    const { to } = match.rule;
    const chosen = this.#sticky ? [to[hashOf(match.key) % to.length]!] : to;
    return chosen.map((uri) => ({ uri, key: match.key }));
  }

  #match(row: OpLogEntry, key: string): Match | undefined {
    let best: Match | undefined;
    for (const rule of this.#rules) {
      const rest = restBehind(rule, row, key);
      // What is left is shortest where most of the key is covered.
      if (rest === undefined || (best !== undefined && rest.length >= best.key.length)) continue;
      best = { rule, key: rest };
    }
    if (best !== undefined || this.#rest === undefined) return best;
    return { rule: this.#rest, key: key.replace(/^\/+/, "") };
  }

  #ownPlace(row: OpLogEntry, key: string, writes: boolean): Placed | undefined {
    if (this.#own === "none") return undefined;
    const what = `row ${row.index} (${row.op} ${shortened(key)})`;
    if (writes && this.#own === "reads") {
      throw invalid(
        `${what} writes: say where to with --to or --map, or give --in-place to write over the log's own places`,
      );
    }
    const uri = ownStore(row);
    if (uri !== undefined) return { uri, key };
    throw invalid(
      `${what} tells no bucket, and no server is asked because a log names it: say where to with --to or --map`,
    );
  }
}

function ruleOf({ from, to }: TargetRule): Rule {
  if (to.length === 0) throw invalid(`the rule for ${from} names no target`);
  const kind = /^https?:\/\//.test(from) ? "endpoint" : isStoreUri(from) ? "store" : "key";
  return { kind, from: from.replace(/\/$/, ""), to, turn: 0 };
}

/** What of the key is left behind the part that a rule covers; undefined if it covers nothing. */
function restBehind({ kind, from }: Rule, row: OpLogEntry, key: string): string | undefined {
  if (kind === "key") return behind(from, key);
  const base = kind === "store" ? row.store : row.endpoint;
  if (base === undefined || base === "") return undefined;
  return behind(from, `${base.replace(/\/$/, "")}/${key}`);
}

function behind(from: string, text: string): string | undefined {
  if (text === from) return "";
  if (from === "") return text;
  return text.startsWith(from) && text[from.length] === "/"
    ? text.slice(from.length + 1)
    : undefined;
}

/** The store that a row tells, without settings: a log must not choose a server. */
function ownStore({ store, endpoint }: OpLogEntry): string | undefined {
  const uri = store ?? (isStoreUri(endpoint) ? endpoint : undefined);
  if (uri === undefined) return undefined;
  const parsed = parseStoreUri(uri);
  const isWhole = parsed.container !== "" || parsed.scheme === "mem";
  return isWhole ? formatStoreUri(parsed) : undefined;
}

/** FNV-1a over UTF-16 units: http://www.isthe.com/chongo/tech/comp/fnv/ */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
