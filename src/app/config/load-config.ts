import { join, resolve } from "node:path";
import { didYouMean } from "../../core/index.js";
import { isLodeError, LodeError } from "../../errors.js";
import { Config, type Origin, type ResolvedSetting } from "./config.js";
import {
  CONFIG_FILE_NAME,
  type FileEntry,
  findProjectFile,
  parseConfigFile,
  readOptional,
} from "./config-file.js";
import { parseDotenv } from "./dotenv.js";
import {
  environmentName,
  environmentNames,
  isSettingName,
  SETTING_NAMES,
  type SettingName,
  settingOf,
} from "./settings.js";

/** What the caller's surroundings are; nothing here looks at the process by itself. */
export interface ConfigSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The user's home directory, for the user's own file. */
  readonly home?: string | undefined;
  /** Settings given as flags, as text, with the flag's name for messages. */
  readonly flags?: Readonly<Partial<Record<SettingName, { text: string; flag: string }>>>;
  /** Read this file in place of the project's. */
  readonly configFile?: string | undefined;
}

interface Candidate {
  readonly text: string;
  readonly origin: Origin;
  readonly folder: string;
}

/** Names in the environment that are no settings and are read elsewhere. */
const OTHER_LODE_NAMES = /^LODE_(TEST|BENCH|CI|CONFIG$)/;

/**
 * Settles every setting: flag over environment over `.env` over project file over user file over
 * default. An empty variable counts as absent. Throws `invalid-config` for an unknown name in a file
 * or a value that is not right, and says where it stands.
 */
export async function loadConfig(sources: ConfigSources): Promise<Config> {
  const { cwd } = sources;
  const dotenvPath = join(cwd, ".env");
  const dotenv = await readDotenv(dotenvPath);
  const project = await projectFile(sources);
  const user = await userFile(sources);
  const candidates = (name: SettingName): Candidate[] => {
    const found: Candidate[] = [];
    const flag = sources.flags?.[name];
    if (flag !== undefined) {
      found.push({ text: flag.text, origin: { kind: "flag", where: flag.flag }, folder: cwd });
    }
    for (const [kind, env] of [
      ["environment", sources.env] as const,
      ["dotenv", dotenv.env] as const,
    ]) {
      for (const variable of environmentNames(name)) {
        const text = env[variable];
        const where = kind === "dotenv" ? `${variable} in ${dotenvPath}` : variable;
        if (text !== undefined && text !== "")
          found.push({ text, origin: { kind, where }, folder: cwd });
      }
    }
    for (const file of [project, user]) {
      const entry = file?.entries.get(name);
      if (file === undefined || entry === undefined) continue;
      const origin = { kind: file.kind, where: `${file.path}:${entry.line}` };
      found.push({ text: entry.text, origin, folder: resolve(file.path, "..") });
    }
    return found;
  };

  const settings = new Map<SettingName, ResolvedSetting>();
  for (const name of SETTING_NAMES) {
    const [strongest] = candidates(name);
    settings.set(name, strongest === undefined ? defaultOf(name, cwd) : parsed(name, strongest));
  }
  return new Config({
    settings,
    environment: { ...dotenv.env, ...withoutUndefined(sources.env) },
    cwd,
    stateFolder: stateFolder(sources),
    cacheFolder: cacheFolder(sources),
    warnings: [...dotenv.warnings, ...unknownVariables({ ...dotenv.env, ...sources.env })],
    files: [project?.path, user?.path, dotenv.found ? dotenvPath : undefined].filter(
      (path) => path !== undefined,
    ),
  });
}

function parsed(name: SettingName, candidate: Candidate): ResolvedSetting {
  try {
    const resolvePath = (path: string) => resolve(candidate.folder, path);
    const value = settingOf(name).parse(candidate.text, { resolvePath });
    return { value, origin: candidate.origin };
  } catch (error) {
    if (!isLodeError(error)) throw error;
    const where = candidate.origin.where;
    const secret = settingOf(name).secret;
    throw new LodeError({
      code: "invalid-config",
      message: `${where}: setting ${name}: ${secret ? "its value is not right" : error.message}`,
      cause: error,
    });
  }
}

function defaultOf(name: SettingName, cwd: string): ResolvedSetting {
  const setting = settingOf(name);
  const value =
    setting.default === undefined
      ? undefined
      : setting.parse(setting.format(setting.default), { resolvePath: (p) => resolve(cwd, p) });
  return { value, origin: { kind: "default" } };
}

async function readDotenv(path: string) {
  const text = await readOptional(path);
  const { entries, badLines } = parseDotenv(text ?? "");
  // A Map, not an object: a name from a file must not reach a prototype.
  const env = Object.fromEntries(new Map(entries.map(({ name, value }) => [name, value])));
  const warnings = badLines.map((line) => `${path}:${line} is not NAME=value and was ignored`);
  return { env: env as Record<string, string | undefined>, warnings, found: text !== undefined };
}

interface LoadedFile {
  readonly kind: "project" | "user";
  readonly path: string;
  readonly entries: ReadonlyMap<string, FileEntry>;
}

async function projectFile(sources: ConfigSources): Promise<LoadedFile | undefined> {
  const named = sources.configFile ?? sources.env.LODE_CONFIG;
  if (named === undefined || named === "") {
    const found = await findProjectFile(sources.cwd);
    if (found === undefined) return undefined;
    const entries = await parseConfigFile(found.path, found.text);
    return { kind: "project", path: found.path, entries };
  }
  const path = resolve(sources.cwd, named);
  const text = await readOptional(path);
  if (text !== undefined) {
    return { kind: "project", path, entries: await parseConfigFile(path, text) };
  }
  throw new LodeError({
    code: "invalid-config",
    message: `the configuration file ${path} does not exist`,
  });
}

async function userFile(sources: ConfigSources): Promise<LoadedFile | undefined> {
  const base = sources.env.XDG_CONFIG_HOME || (sources.home && join(sources.home, ".config"));
  if (!base) return undefined;
  const path = join(base, "lode", CONFIG_FILE_NAME);
  const text = await readOptional(path);
  if (text === undefined) return undefined;
  return { kind: "user", path, entries: await parseConfigFile(path, text) };
}

function stateFolder({ env, home }: ConfigSources): string | undefined {
  const base = env.XDG_STATE_HOME || (home && join(home, ".local", "state"));
  return base ? join(base, "lode") : undefined;
}

/** The folder in which the library keeps its catalogues too. */
function cacheFolder({ env, home }: ConfigSources): string | undefined {
  const base = env.XDG_CACHE_HOME || (home && join(home, ".cache"));
  return base ? join(base, "lodestore") : undefined;
}

function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = SETTING_NAMES.map(environmentName);
  return Object.keys(env)
    .filter((name) => name.startsWith("LODE_") && !OTHER_LODE_NAMES.test(name))
    .filter((name) => !known.includes(name))
    .map((name) => `${name} is set in the environment but is no setting${didYouMean(name, known)}`);
}

function withoutUndefined(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}

/** The setting that a user means, or `invalid-argument` with a suggestion. */
export function requireSettingName(name: string): SettingName {
  if (isSettingName(name)) return name;
  throw new LodeError({
    code: "invalid-argument",
    message: `there is no setting ${name}${didYouMean(name, SETTING_NAMES)}`,
  });
}
