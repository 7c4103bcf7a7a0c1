import { describe, expect, it } from "vitest";
import { LodeError } from "../../../../src/errors.js";
import { FS_ERRORS, mapFsError } from "../../../../src/storage/backends/file/error-map.js";

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: something, open '/x'`), { code, errno: -1 });
}

describe("error map", () => {
  it.each([
    ["ENOENT", "not-found", "never"],
    ["EEXIST", "already-exists", "never"],
    ["EACCES", "permission-denied", "never"],
    ["EPERM", "permission-denied", "never"],
    ["EROFS", "permission-denied", "never"],
    ["ENOSPC", "unexpected", "never"],
    ["EDQUOT", "unexpected", "never"],
    ["EMFILE", "unexpected", "safe"],
    ["EIO", "unexpected", "never"],
    ["ENAMETOOLONG", "invalid-key", "never"],
    ["EISDIR", "invalid-key", "never"],
    ["ENOTDIR", "invalid-key", "never"],
    ["ELOOP", "invalid-key", "never"],
  ])("tells %s as %s", (errno, code, retry) => {
    const cause = systemError(errno);
    const error = mapFsError(cause, "put", "file:///d/k");
    expect(error).toMatchObject({ code, retry, operation: "put", uri: "file:///d/k", cause });
    expect(error.message).toMatch(new RegExp(`^put file:///d/k failed: .*\\(${errno}\\)$`));
    expect(error.message).not.toContain("\n");
  });

  it("has a sentence for every error it knows", () => {
    for (const rule of Object.values(FS_ERRORS)) expect(rule.why).toMatch(/^[a-z`].*[^.]$/);
  });

  it("keeps our own errors and calls the rest unexpected", () => {
    const own = new LodeError({ code: "integrity", message: "differs" });
    expect(mapFsError(own, "get", "file:///k")).toMatchObject({
      code: "integrity",
      operation: "get",
    });
    expect(mapFsError(systemError("EWHATEVER"), "get", "file:///k").code).toBe("unexpected");
    expect(mapFsError(new TypeError("x"), "get", "file:///k").code).toBe("unexpected");
  });
});
