import { execFile } from "node:child_process";
import { basename, dirname, resolve } from "node:path";
import { isLodeError, LodeError } from "../../errors.js";
import type { RunCode } from "../manifest/index.js";
import { repositoryUrl } from "./repository-url.js";
import { withoutSecrets } from "./without-secrets.js";

const TIMEOUT_MS = 10_000;
/** Of `git status` in a tree with a million new files. */
const MAX_OUTPUT = 256 * 1024 * 1024;

/** By entry point: a process looks once, as its code was loaded once. */
const KNOWN = new Map<string | undefined, Promise<RunCode>>();

/**
 * What git tells of the code of the program that was started, whose entry point is `entry`: commit, whether there are
 * changes that are in none, the remote. Where there is no repository, only the entry point. What git refuses to tell is
 * in `problem`.
 */
export function codeIdentity(entry: string | undefined = process.argv[1]): Promise<RunCode> {
  let known = KNOWN.get(entry);
  if (known === undefined) {
    known = identify(entry);
    KNOWN.set(entry, known);
  }
  return known;
}

async function identify(entry: string | undefined): Promise<RunCode> {
  const cwd = entry === undefined ? process.cwd() : dirname(resolve(entry));
  const name = entry === undefined ? {} : { entry: basename(entry) };
  try {
    const folder = await git(cwd, "rev-parse", "--show-prefix");
    if (folder === undefined) return name;
    const [commit, changes, remote] = await Promise.all([
      git(cwd, "rev-parse", "--verify", "--quiet", "HEAD"),
      git(cwd, "status", "--porcelain", "--untracked-files=normal"),
      git(cwd, "config", "--get", "remote.origin.url"),
    ]);
    return {
      ...(commit ? { commit } : {}),
      ...(changes === undefined ? {} : { dirty: changes !== "" }),
      ...(remote ? { repository: repositoryUrl(remote) } : {}),
      ...(entry === undefined ? {} : { entry: `${folder}${basename(entry)}` }),
    };
  } catch (error) {
    if (!isLodeError(error)) throw error;
    return { ...name, problem: error.message };
  }
}

/** What git prints; undefined without git or a repository, and where there is none of what is asked, as before the first commit. */
function git(cwd: string, ...args: string[]): Promise<string | undefined> {
  const env = { ...process.env, GIT_OPTIONAL_LOCKS: "0", LC_ALL: "C" };
  return new Promise((resolve, reject) => {
    execFile(
      "git",
      args,
      { cwd, env, timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT },
      (error, stdout, stderr) => {
        if (error === null) return resolve(stdout.trim());
        const nothing =
          error.code === "ENOENT" || error.code === 1 || /not a git repository/.test(stderr);
        if (nothing) return resolve(undefined);
        const why = withoutSecrets((stderr || error.message).trim().split("\n")[0] ?? "");
        reject(
          new LodeError({
            code: "unexpected",
            message: `git ${args[0]} failed: ${why}`,
            cause: error,
          }),
        );
      },
    );
  });
}
