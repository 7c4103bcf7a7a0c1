import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exists } from "./cache-folder.js";
import type { DebianMirror } from "./debian-mirror.js";
import { runCommand } from "./run-command.js";

export interface PackageRequest {
  readonly mirror: DebianMirror;
  /** The suite to take the packages from; need not be the machine's own. */
  readonly suite: string;
  readonly packages: readonly string[];
  /** Which packages of the dependency closure are wanted. */
  readonly wanted: (name: string) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Downloads packages with their dependencies, checked by apt against the archive's signature, and
 * unpacks them into `target`. Needs no root and changes nothing of the machine's own apt.
 */
export async function unpackDebianPackages(request: PackageRequest, target: string): Promise<void> {
  const { packages, signal } = request;
  const folder = await mkdtemp(join(tmpdir(), "lodestore-apt-"));
  try {
    const env = { ...process.env, LC_ALL: "C", APT_CONFIG: await configureApt(request, folder) };
    const options = { cwd: folder, env, ...(signal && { signal }) };
    await runCommand("apt-get", ["-qq", "update"], options);
    const plan = await runCommand(
      "apt-get",
      ["-qq", "--simulate", "install", ...packages],
      options,
    );
    const chosen = parsePlan(plan).filter(({ name }) => request.wanted(name));
    const exact = chosen.map(({ name, version }) => `${name}=${version}`);
    await runCommand("apt-get", ["-qq", "download", ...exact], options);
    for (const file of (await readdir(folder)).filter((name) => name.endsWith(".deb"))) {
      await runCommand("dpkg-deb", ["--extract", join(folder, file), target], options);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Lines `Inst NAME (VERSION ARCHIVE [ARCHITECTURE])` of `apt-get --simulate install`. */
export function parsePlan(plan: string): { name: string; version: string }[] {
  return [...plan.matchAll(/^Inst (\S+) .*?\((\S+) /gm)].map(([, name = "", version = ""]) => ({
    name,
    version,
  }));
}

/**
 * Gives apt a private world in `folder`: its own state, cache and sources, and a system on which
 * nothing is installed, so that the closure is complete. Returns the path of the configuration.
 */
async function configureApt(
  { mirror, suite, signal }: PackageRequest,
  folder: string,
): Promise<string> {
  for (const name of ["state/lists/partial", "cache/archives/partial"]) {
    await mkdir(join(folder, name), { recursive: true });
  }
  const keyring = mirror.signedBy ?? "/usr/share/keyrings/debian-archive-keyring.gpg";
  const option = (await exists(keyring)) ? `[signed-by=${keyring}] ` : "";
  await writeFile(join(folder, "sources.list"), `deb ${option}${mirror.uri} ${suite} main\n`);
  await writeFile(join(folder, "status"), "");
  const settings = {
    "Dir::State": join(folder, "state"),
    "Dir::State::status": join(folder, "status"),
    "Dir::Cache": join(folder, "cache"),
    "Dir::Etc::sourcelist": join(folder, "sources.list"),
    "Dir::Etc::sourceparts": "/dev/null",
    "Dir::Etc::preferences": "/dev/null",
    "Dir::Etc::preferencesparts": "/dev/null",
    // The machine's own configuration may hold hooks that clean its caches after each run.
    "Dir::Etc::main": "/dev/null",
    "Dir::Etc::parts": "/dev/null",
    "Acquire::Languages": "none",
    "APT::Install-Recommends": "false",
    // As root, apt would otherwise download as a user who cannot write here.
    "APT::Sandbox::User": "root",
    "Debug::NoLocking": "true",
  };
  const own = Object.entries(settings).map(([name, value]) => `${name} "${value}";`);
  const path = join(folder, "apt.conf");
  const text = [...(await transportSettings(signal)), ...own, ""].join("\n");
  // A proxy's address may hold a password.
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

/** The machine's settings for how to reach its mirror: proxies, timeouts, certificates. */
async function transportSettings(signal?: AbortSignal): Promise<string[]> {
  const dump = await runCommand("apt-config", ["dump", "Acquire"], signal && { signal });
  return dump
    .split("\n")
    .filter((line) => /^Acquire::(https?|Retries|Force|Check-(Valid-Until|Date))\b/i.test(line));
}
