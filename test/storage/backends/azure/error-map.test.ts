import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { type ErrorCode, errorToJson, type RetryHint } from "../../../../src/errors.js";
import type { WriteMode } from "../../../../src/storage/backend.js";
import { mapAzureError } from "../../../../src/storage/backends/azure/error-map.js";

const call = { operation: "get", uri: "az://acc/data/key" };

function answer(status: number, code?: string, headers: Record<string, string> = {}, message = "") {
  const all = new Map(Object.entries({ "x-ms-request-id": "req-1", ...headers }));
  return Object.assign(new Error(message), {
    name: "RestError",
    statusCode: status,
    code,
    response: { headers: { get: (name: string) => all.get(name) } },
  });
}

describe("mapAzureError", () => {
  it.each<[number, string | undefined, ErrorCode, RetryHint]>([
    [404, "BlobNotFound", "not-found", "never"],
    [404, "ContainerNotFound", "not-found", "never"],
    [404, undefined, "not-found", "never"],
    [409, "BlobAlreadyExists", "already-exists", "never"],
    [409, "ContainerAlreadyExists", "already-exists", "never"],
    [409, "ContainerBeingDeleted", "unexpected", "safe"],
    [409, "SnapshotsPresent", "precondition-failed", "never"],
    [412, "ConditionNotMet", "precondition-failed", "never"],
    [304, "ConditionNotMet", "precondition-failed", "never"],
    [416, "InvalidRange", "invalid-argument", "never"],
    [403, "AuthenticationFailed", "unauthenticated", "never"],
    [401, "NoAuthenticationInformation", "unauthenticated", "never"],
    [403, "AuthorizationPermissionMismatch", "permission-denied", "never"],
    [403, undefined, "permission-denied", "never"],
    [503, "ServerBusy", "rate-limited", "safe"],
    [429, undefined, "rate-limited", "safe"],
    [500, "OperationTimedOut", "timeout", "safe"],
    [500, "InternalError", "unexpected", "safe"],
    [502, undefined, "connection", "safe"],
    [504, undefined, "timeout", "safe"],
    [400, "Md5Mismatch", "integrity", "safe"],
    [400, "InvalidResourceName", "invalid-key", "never"],
    [405, undefined, "unsupported", "never"],
    [418, undefined, "unexpected", "never"],
  ])("%i %s is %s, retry %s", (status, code, expected, retry) => {
    const error = mapAzureError(answer(status, code), call);
    expect([error.code, error.retry]).toEqual([expected, retry]);
    expect(error.details).toMatchObject({ status, requestId: "req-1" });
    expect(error.message).toMatch(/^get az:\/\/acc\/data\/key failed: /);
    expect(error.message).toContain("req-1");
  });

  it("takes the code from a HEAD's header, which has no body", () => {
    const error = mapAzureError(
      answer(404, undefined, { "x-ms-error-code": "ContainerNotFound" }),
      call,
    );
    expect(error.details.providerCode).toBe("ContainerNotFound");
  });

  it("does not believe a 404 that is not the service's own", () => {
    const stranger = { name: "RestError", statusCode: 404, message: "nope" };
    expect(mapAzureError(stranger, call).code).toBe("unexpected");
  });

  it("says already-exists for a lost create, whatever the service calls it", () => {
    const lost = (mode: WriteMode) =>
      mapAzureError(answer(412, "TargetConditionNotMet"), { ...call, mode });
    expect(lost("create").code).toBe("already-exists");
    expect(lost({ ifMatch: "x" }).code).toBe("precondition-failed");
  });

  it("tells what a 304 and a 416 know", () => {
    expect(mapAzureError(answer(304), call).details.notModified).toBe(true);
    const range = answer(416, "InvalidRange", { "content-range": "bytes */17" });
    expect(mapAzureError(range, call).details.size).toBe(17);
  });

  it("reads Retry-After in seconds, as a date, and Azure's in milliseconds", () => {
    const waitOf = (headers: Record<string, string>) =>
      mapAzureError(answer(503, "ServerBusy", headers), call).details.retryAfterMs;
    expect(waitOf({ "retry-after": "7" })).toBe(7000);
    expect(waitOf({ "retry-after": "7", "x-ms-retry-after-ms": "250" })).toBe(250);
    expect(waitOf({ "retry-after": "Thu, 01 Jan 1970 00:00:00 GMT" })).toBe(0);
    expect(waitOf({ "retry-after": "soon" })).toBeUndefined();
  });

  it.each<[string, ErrorCode, RetryHint]>([
    ["ECONNREFUSED", "connection", "safe"],
    ["ECONNRESET", "connection", "safe"],
    ["ENOTFOUND", "connection", "safe"],
    ["REQUEST_SEND_ERROR", "connection", "safe"],
    ["PARSE_ERROR", "incomplete-read", "safe"],
    ["CERT_HAS_EXPIRED", "connection", "never"],
  ])("%s is %s, retry %s", (code, expected, retry) => {
    const error = mapAzureError(Object.assign(new Error("no"), { name: "RestError", code }), call);
    expect([error.code, error.retry]).toEqual([expected, retry]);
  });

  it("tells an abort of the caller from one that the SDK makes up", () => {
    const abort = Object.assign(new Error("The operation was aborted."), { name: "AbortError" });
    expect(mapAzureError(abort, { ...call, aborted: true }).code).toBe("aborted");
    expect(mapAzureError(abort, call)).toMatchObject({ code: "connection", retry: "safe" });
  });

  it("says what to do when no login is found", () => {
    const login = Object.assign(new Error("many lines"), { name: "CredentialUnavailableError" });
    const error = mapAzureError(login, call);
    expect(error.code).toBe("unauthenticated");
    expect(error.message).toContain("az login");
  });

  it("never shows a signature, a key or a token", () => {
    const url = "https://acc.blob.core.windows.net/data/key?sv=1&sig=SECRET";
    const texts = [`GET ${url} failed`, "AccountKey=SECRET;x", "Authorization: Bearer SECRET"];
    for (const text of texts) {
      const raw = Object.assign(answer(500, "Strange", {}, text), { request: { url } });
      for (const error of [mapAzureError(raw, call), mapAzureError(new Error(text), call)]) {
        expect(JSON.stringify(errorToJson(error))).not.toContain("SECRET");
        expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("SECRET");
      }
    }
  });
});
