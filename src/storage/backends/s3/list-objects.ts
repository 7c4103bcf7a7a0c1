import type { ListOptions, ListPage } from "../../backend.js";
import { malformedReply } from "./error-map.js";
import { type ListReply, ListReplyError, parseListPage } from "./list-page.js";
import { scanListPage } from "./list-scanner.js";
import type { S3Sender } from "./request.js";
import { TokenGuard } from "./token-guard.js";

const MAX_PAGE = 1000;
/** 1,000 keys of 1,024 bytes, each byte as three characters, with room to spare. */
const MAX_PAGE_BYTES = 32 * 1024 * 1024;

/** ListObjectsV2; while a page is consumed, the next one is fetched. */
export async function* listObjects(
  sender: S3Sender,
  options: ListOptions = {},
): AsyncGenerator<ListPage, void, undefined> {
  const stop = new AbortController();
  const signal =
    options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const tokens = new TokenGuard("list", sender.uriOf(undefined));
  let next: Promise<ListReply> | undefined = fetchPage(sender, options, undefined, signal);
  try {
    while (next !== undefined) {
      const { objects, prefixes, truncated, token }: ListReply = await next;
      tokens.check(truncated, token);
      next = truncated ? fetchPage(sender, options, token, signal) : undefined;
      // It is awaited in the next round, if there is one.
      next?.catch(() => undefined);
      if (objects.length + prefixes.length > 0) yield { objects, prefixes };
    }
  } finally {
    stop.abort();
  }
}

async function fetchPage(
  sender: S3Sender,
  options: ListOptions,
  token: string | undefined,
  signal: AbortSignal,
): Promise<ListReply> {
  const query: [string, string][] = [
    ["list-type", "2"],
    ["encoding-type", "url"],
    ["max-keys", String(Math.min(options.pageSize ?? MAX_PAGE, MAX_PAGE))],
  ];
  if (options.prefix) query.push(["prefix", options.prefix]);
  if (options.delimiter !== undefined) query.push(["delimiter", options.delimiter]);
  if (token !== undefined) query.push(["continuation-token", token]);
  // Some servers would start over at it on every page.
  else if (options.startAfter) query.push(["start-after", options.startAfter]);
  const response = await sender.send({ operation: "list", method: "GET", query, signal });
  const bytes = await response.body.collect(MAX_PAGE_BYTES);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return scanListPage(buffer) ?? parseStrictly(buffer, sender.uriOf(undefined));
}

function parseStrictly(buffer: Buffer, uri: string): ListReply {
  try {
    return parseListPage(buffer.toString("utf8"));
  } catch (error) {
    if (error instanceof ListReplyError) throw malformedReply("list", uri, error.message);
    throw error;
  }
}
