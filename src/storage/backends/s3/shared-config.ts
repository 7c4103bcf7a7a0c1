import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { LodeError } from "../../../errors.js";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings of one profile, names in lower case; those of the credentials file win. */
export type Profile = Readonly<Record<string, string>>;

/**
 * A profile of the shared files of AWS (`~/.aws/config`, `~/.aws/credentials`, or where
 * `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE` point). Undefined if neither names it. Nested
 * settings (`s3 =` and indented lines) are left out.
 * https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export async function readProfile(name: string, env: Environment): Promise<Profile | undefined> {
  const folder = join(env.HOME ?? env.USERPROFILE ?? homedir(), ".aws");
  const [config, credentials] = await Promise.all([
    readIfThere(env.AWS_CONFIG_FILE ?? join(folder, "config")),
    readIfThere(env.AWS_SHARED_CREDENTIALS_FILE ?? join(folder, "credentials")),
  ]);
  const fromConfig =
    section(config, `profile ${name}`) ??
    (name === "default" ? section(config, "default") : undefined);
  const fromCredentials = section(credentials, name);
  if (fromConfig === undefined && fromCredentials === undefined) return undefined;
  return { ...fromConfig, ...fromCredentials };
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return "";
    throw new LodeError({
      code: "invalid-config",
      message: `the AWS configuration file ${path} cannot be read (${code})`,
      cause,
    });
  }
}

function section(text: string, title: string): Record<string, string> | undefined {
  let current: string | undefined;
  let found: Record<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;].*)?$/.test(line)) continue;
    const head = /^\s*\[\s*([^\]]*?)\s*\]/.exec(line);
    if (head !== null) {
      current = (head[1] ?? "").replace(/\s+/g, " ");
      if (current === title) found ??= {};
      continue;
    }
    if (current !== title || found === undefined || /^\s/.test(line)) continue;
    const pair = /^([^=]+?)\s*=\s*(.*?)\s*$/.exec(line);
    if (pair === null) continue;
    found[(pair[1] ?? "").toLowerCase()] = (pair[2] ?? "").replace(/\s+[#;].*$/, "");
  }
  return found;
}
