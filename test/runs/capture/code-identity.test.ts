import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { codeIdentity } from "../../../src/runs/capture/code-identity.js";
import { repositoryUrl } from "../../../src/runs/capture/repository-url.js";
import { withoutSecrets } from "../../../src/runs/capture/without-secrets.js";

describe("the identity of code", () => {
  let folder: string;
  const git = (...args: string[]): string =>
    execFileSync("git", ["-c", "user.name=n", "-c", "user.email=e@x", ...args], {
      cwd: folder,
      encoding: "utf8",
    }).trim();

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodestore-code-"));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("is the commit, its remote without credentials, and the entry point", async () => {
    await mkdir(join(folder, "src"));
    const entry = join(folder, "src", "train.js");
    await writeFile(entry, "1\n");
    git("init", "--quiet");
    git("add", ".");
    git("commit", "--quiet", "-m", "first");
    git("remote", "add", "origin", "https://me:token@example.org/team/repo.git");
    expect(await codeIdentity(entry)).toEqual({
      commit: git("rev-parse", "HEAD"),
      dirty: false,
      repository: "https://example.org/team/repo.git",
      entry: "src/train.js",
    });
    const other = join(folder, "other.js");
    await writeFile(other, "2\n");
    expect(await codeIdentity(other)).toMatchObject({ dirty: true, entry: "other.js" });
  });

  it("is the entry point alone without a repository, and has no commit before the first", async () => {
    expect(await codeIdentity(join(folder, "a.js"))).toEqual({ entry: "a.js" });
    git("init", "--quiet");
    expect(await codeIdentity(join(folder, "b.js"))).toEqual({ dirty: false, entry: "b.js" });
  });

  it("tells what git refuses", async () => {
    git("init", "--quiet");
    await writeFile(join(folder, ".git", "config"), "[broken");
    const { entry, problem } = await codeIdentity(join(folder, "a.js"));
    expect([entry, problem]).toEqual(["a.js", expect.stringMatching(/^git \S+ failed: .+/)]);
  });
});

it.each([
  ["https://token@example.org/r.git", "https://example.org/r.git"],
  ["https://u:p@example.org:8443/r.git?key=1#x", "https://example.org:8443/r.git"],
  ["ssh://git:p@example.org/r.git", "ssh://git@example.org/r.git"],
  ["git@example.org:team/r.git", "git@example.org:team/r.git"],
  ["/srv/git/r.git", "/srv/git/r.git"],
  ["https://u:p@[broken/r.git", "https://[broken/r.git"],
])("the repository %s is told as %s", (remote, told) => {
  expect(repositoryUrl(remote)).toBe(told);
});

it.each([
  ["Authorization: Bearer abc.def-1", "Authorization: Bearer ***"],
  ['{"apiKey":"abc","n":1}', '{"apiKey":"***","n":1}'],
  ["AccountKey=abc==;Endpoint=x", "AccountKey=***;Endpoint=x"],
  ["s3://key:secret@host/b", "s3://***@host/b"],
  ["the value is top-secret-1 here", "the value is *** here"],
  ["column token_count is missing", "column token_count is missing"],
])("%s is told as %s", (text, told) => {
  expect(withoutSecrets(text, { DB_PASSWORD: "top-secret-1", HOME: "missing" })).toBe(told);
});
