import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const BENCH = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Where tools and peers are built and kept from run to run. */
export const CACHE = join(
  process.env.XDG_CACHE_HOME || join(homedir(), ".cache"),
  "lodestore",
  "bench",
);

/** Builds one of the Go programs of this folder. */
export function buildGo(source: string, name: string): string {
  mkdirSync(join(CACHE, "bin"), { recursive: true });
  const target = join(CACHE, "bin", name);
  const { status } = spawnSync("go", ["build", "-o", target, "."], {
    cwd: join(BENCH, source),
    stdio: "inherit",
  });
  if (status !== 0) throw new Error(`cannot build ${source}: Go is needed`);
  return target;
}

/** What the server saw since it was asked last. */
export interface ServerStats {
  readonly requests: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly objectsPut: number;
  /** Keys whose uploaded bytes were not what they should be. */
  readonly wrong: readonly string[] | null;
}

export interface NeutralServer {
  readonly url: string;
  stats(): Promise<ServerStats>;
  stop(): void;
}

/** Starts the server; `dump` receives the bytes of the object `big`. */
export async function startNeutralServer(options: {
  readonly size: number;
  readonly small: number;
  readonly keys: number;
  readonly dump: string;
}): Promise<NeutralServer> {
  const binary = buildGo("server", "neutral-server");
  const args = [
    ...["-size", String(options.size), "-small", String(options.small)],
    ...[
      "-keys",
      String(options.keys),
      ...(existsSync(options.dump) ? [] : ["-dump", options.dump]),
    ],
  ];
  const child = spawn(binary, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const url = line.toString().trim();
  return {
    url,
    stats: async () => (await (await fetch(`${url}/_stats`)).json()) as ServerStats,
    stop: () => child.kill(),
  };
}
