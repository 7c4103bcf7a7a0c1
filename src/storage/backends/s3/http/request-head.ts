import { LodeError } from "../../../../errors.js";
import { isToken } from "./header-fields.js";
import type { HttpOrigin, HttpRequest, HttpRequestBody } from "./http-types.js";
import { originName } from "./transport-errors.js";

/** Tab, and all that Latin-1 prints. Anything above would lose its high byte on the wire. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const TARGET = /^[\x21-\x7e]+$/;
const MAX_KNOWN_NAMES = 1_024;

const knownNames = new Map<string, string>();

/** Size of a request body in bytes. */
export function bodyLength(body: HttpRequestBody | undefined): number {
  if (body === undefined) return 0;
  if (!Array.isArray(body)) return (body as { length: number }).length;
  let total = 0;
  for (const piece of body as readonly Uint8Array[]) total += piece.length;
  return total;
}

/** The `host` header of an origin: without the port where it is the protocol's own. */
export function hostHeader(origin: HttpOrigin): string {
  const usual = origin.protocol === "https:" ? 443 : 80;
  const name = originName(origin);
  return origin.port === usual ? name.slice(0, name.lastIndexOf(":")) : name;
}

/**
 * A request's head as Latin-1 text with its closing empty line. Throws `invalid-argument` for
 * anything that could end a line or a request early.
 */
export function requestHead(request: HttpRequest, host: string): string {
  const { method, target } = request;
  if (!isToken(method)) refuse("the method is no token");
  if (!TARGET.test(target) || (target[0] !== "/" && target !== "*")) {
    refuse("the target is not an encoded path that begins with /");
  }
  const size = bodyLength(request.body);
  let fields = "";
  let hasHost = false;
  let hasEncoding = false;
  let hasLength = false;
  for (const [name, value] of request.headers) {
    if (!VALUE.test(value)) refuse(`the value of header ${printable(name)} has control characters`);
    switch (lowerName(name)) {
      case "host":
        hasHost = true;
        break;
      case "accept-encoding":
        hasEncoding = true;
        break;
      case "content-length":
        if (hasLength || value !== String(size)) refuse("content-length differs from the body");
        hasLength = true;
        break;
      case "transfer-encoding":
      case "upgrade":
        refuse(`header ${name} is not supported; bodies are sent with their length`);
    }
    fields += `${name}: ${value}\r\n`;
  }
  let head = `${method} ${target} HTTP/1.1\r\n`;
  if (!hasHost) head += `host: ${host}\r\n`;
  head += fields;
  if (!hasEncoding) head += "accept-encoding: identity\r\n";
  if (!hasLength && (request.body !== undefined || method === "PUT" || method === "POST")) {
    head += `content-length: ${size}\r\n`;
  }
  if (request.expectContinue === true && size > 0) head += "expect: 100-continue\r\n";
  return `${head}\r\n`;
}

function lowerName(name: string): string {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  if (!isToken(name)) refuse(`the header name ${printable(name)} is no token`);
  const lower = name.toLowerCase();
  if (knownNames.size < MAX_KNOWN_NAMES) knownNames.set(name, lower);
  return lower;
}

function printable(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}

function refuse(what: string): never {
  throw new LodeError({
    code: "invalid-argument",
    message: `cannot send the HTTP request: ${what}`,
  });
}
