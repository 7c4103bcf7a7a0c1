/** Words of s3dlio's logs for requests that have a word of warp's. */
const WORDS: Readonly<Record<string, string>> = {
  HEAD: "STAT",
  GET_RANGE: "GET",
  DELETE_BATCH: "DELETE",
};

/** The word of a request as all of Lodestore uses it: upper case, and warp's own where it has one. */
export function standardWord(word: string): string {
  const upper = word.toUpperCase();
  return WORDS[upper] ?? upper;
}

/** Where a request went, in one manner whatever program wrote the log. */
export interface RequestPlace {
  readonly file: string;
  readonly store: string | undefined;
  readonly offset: number | undefined;
}

/**
 * Takes apart what s3dlio writes: `s3://bucket` beside `bucket/key`, `file://` beside a path, and a
 * range behind the key, `key[start-end]`. `word` is the log's own.
 */
export function requestPlace(word: string, endpoint: string, file: string): RequestPlace {
  let key = file;
  let offset: number | undefined;
  if (word.toUpperCase() === "GET_RANGE") {
    const range = /^(.*)\[(\d{1,15})-\d*\]$/s.exec(file);
    if (range !== null) {
      key = range[1] ?? "";
      offset = Number(range[2]);
    }
  }
  const store = /^([a-z][a-z0-9]*):\/\/(.*)$/s.exec(endpoint);
  if (store === null || /^https?$/.test(store[1] ?? ""))
    return { file: key, store: undefined, offset };
  const name = store[2] ?? "";
  if (name === "") return { file: key.replace(/^\//, ""), store: `${store[1]}:///`, offset };
  // For Azure the account stands in the endpoint, and the container is the next part of the file.
  const isAccount = /^(az|azure)$/.test(store[1] ?? "") && !name.includes("/");
  if (key.startsWith(`${name}/`)) {
    const rest = key.slice(name.length + 1);
    const slash = rest.indexOf("/");
    if (!isAccount) return { file: rest, store: endpoint, offset };
    if (slash > 0) {
      return { file: rest.slice(slash + 1), store: `${endpoint}/${rest.slice(0, slash)}`, offset };
    }
  }
  return { file: key, store: endpoint, offset };
}
