import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DATA, type Keeper, runAside } from "./keeper.js";
import type { Program } from "./measure.js";
import type { PeerProgram, RunPeers } from "./run-peers.js";

/** Each peer with its best documented flags, and with its defaults. */
export function peerKeepers(parent: string, { restic, borg, dvc }: RunPeers): Keeper[] {
  const folder = (name: string) => join(parent, name.replaceAll(/\W+/g, "-"));
  const keepers: Keeper[] = [];
  if (restic !== undefined) {
    const best = ["--compression", "off", "--no-extra-verify"];
    keepers.push(
      resticKeeper("restic", folder("restic"), restic, best),
      resticKeeper("restic, defaults", folder("restic, defaults"), restic, []),
    );
  }
  if (borg !== undefined) {
    keepers.push(
      borgKeeper("borg", folder("borg"), borg, "none", ["--compression", "none"]),
      borgKeeper("borg, defaults", folder("borg, defaults"), borg, "repokey", []),
    );
  }
  if (dvc !== undefined) {
    keepers.push(
      dvcKeeper("DVC", folder("DVC"), dvc, "[cache]\n    type = hardlink\n"),
      dvcKeeper("DVC, defaults", folder("DVC, defaults"), dvc, ""),
    );
  }
  return keepers;
}

/** A repository of restic is always encrypted. */
function resticKeeper(
  name: string,
  folder: string,
  peer: PeerProgram,
  flags: readonly string[],
): Keeper {
  const repository = join(folder, "repository");
  const program = (args: readonly string[], cwd?: string): Program => ({
    command: [...peer.command, ...args, "--quiet"],
    env: {
      ...peer.env,
      RESTIC_REPOSITORY: repository,
      RESTIC_PASSWORD: "bench",
      RESTIC_CACHE_DIR: join(folder, "cache"),
    },
    ...(cwd !== undefined && { cwd }),
  });
  return {
    name,
    repository,
    begin() {
      emptied(folder);
      runAside(program(["init"]));
    },
    place: () => undefined,
    store: (source) => program(["backup", ...flags, DATA], source),
    restore(target) {
      runAside(program(["restore", "latest", "--target", target]));
      return join(target, DATA);
    },
    clear: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function borgKeeper(
  name: string,
  folder: string,
  peer: PeerProgram,
  encryption: string,
  flags: readonly string[],
): Keeper {
  const repository = join(folder, "repository");
  const program = (args: readonly string[], cwd?: string): Program => ({
    command: [...peer.command, ...args],
    env: {
      ...peer.env,
      BORG_REPO: repository,
      BORG_PASSPHRASE: "bench",
      // Its cache, keys and what it knows of repositories.
      BORG_BASE_DIR: join(folder, "base"),
      BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: "yes",
    },
    ...(cwd !== undefined && { cwd }),
  });
  return {
    name,
    repository,
    begin() {
      emptied(folder);
      runAside(program(["init", "--encryption", encryption]));
    },
    place: () => undefined,
    store: (source) => program(["create", ...flags, "::{now:%H-%M-%S-%f}", DATA], source),
    restore(target) {
      const archive = runAside(program(["list", "--short", "--last", "1"])).trim();
      runAside(program(["extract", `::${archive}`], target));
      return join(target, DATA);
    },
    clear: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** It takes files from its workspace alone, and puts links or copies of what it keeps in their place. */
function dvcKeeper(name: string, folder: string, peer: PeerProgram, config: string): Keeper {
  const work = join(folder, "work");
  const placed = join(work, DATA);
  const program = (...args: string[]): Program => ({
    command: [...peer.command, ...args, "--quiet"],
    env: {
      ...peer.env,
      DVC_NO_ANALYTICS: "1",
      DVC_SITE_CACHE_DIR: join(folder, "site"),
      DVC_GLOBAL_CONFIG_DIR: join(folder, "config"),
      DVC_SYSTEM_CONFIG_DIR: join(folder, "config"),
    },
    cwd: work,
  });
  return {
    name,
    repository: join(work, ".dvc", "cache"),
    begin() {
      emptied(folder);
      mkdirSync(work);
      runAside(program("init", "--no-scm"));
      // It would ask for newer versions in a process of its own.
      const quiet = "[core]\n    check_update = false\n    analytics = false\n    no_scm = true\n";
      writeFileSync(join(work, ".dvc", "config"), `${quiet}${config}`);
    },
    place(source, only) {
      const part = only === undefined ? [DATA] : [DATA, only];
      // A link to what is kept must not be written to.
      rmSync(join(work, ...part), { recursive: true, force: true });
      cpSync(join(source, ...part), join(work, ...part), { recursive: true });
    },
    store: () => program("add", DATA),
    restore() {
      rmSync(placed, { recursive: true, force: true });
      runAside(program("checkout"));
      return placed;
    },
    clear: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function emptied(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}
