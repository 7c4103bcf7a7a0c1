import { isIP } from "node:net";
import { LodeError } from "../../../errors.js";

/**
 * The URL of an account's blob service. A bare `http://127.0.0.1:10000` is an emulator, which tells
 * accounts apart by the first part of the path, so the account is added; other hosts are one account's.
 * Throws `invalid-config`.
 */
export function serviceUrl(endpoint: string, account: string): string {
  const url = parse(endpoint);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw invalid(endpoint, "it must begin with https:// or http://");
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw invalid(endpoint, "it may hold only host, port and path; give a SAS token on its own");
  }
  const path = url.pathname.replace(/\/+$/, "");
  if (path === "" && isEmulatorHost(url.hostname)) return `${url.origin}/${account}`;
  return `${url.origin}${path}`;
}

/** The account that an endpoint serves: first part of an emulator's path, else of the host. */
export function accountOfEndpoint(endpoint: string): string | undefined {
  const url = parse(endpoint);
  const name = isEmulatorHost(url.hostname)
    ? url.pathname.split("/")[1]
    : url.hostname.split(".")[0];
  return name === "" ? undefined : name;
}

/** An address, or a name without dots (`localhost`, a container's name). */
function isEmulatorHost(host: string): boolean {
  return isIP(host.replace(/^\[|\]$/g, "")) !== 0 || !host.includes(".");
}

function parse(endpoint: string): URL {
  try {
    return new URL(endpoint);
  } catch (error) {
    throw invalid(endpoint, "it is no URL", error);
  }
}

function invalid(endpoint: string, why: string, cause?: unknown): LodeError {
  // A query may hold a signature, the part before an @ a password.
  const shown = endpoint.replace(/[?#].*$/s, "").replace(/\/\/[^/@]*@/, "//");
  return new LodeError({
    code: "invalid-config",
    message: `Azure endpoint ${shown} cannot be used: ${why}`,
    cause: cause instanceof Error ? cause.name : undefined,
  });
}
