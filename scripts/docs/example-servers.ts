import { spawnSync } from "node:child_process";
import { type RunningService, type ServiceName, startServices } from "../services/index.js";

/** What a page may ask for, `<!-- needs: s3 azure -->`, and what it finds then. */
const SERVERS = {
  s3: { service: "radosgw", container: "s3://my-bucket" },
  azure: { service: "azurite", container: "az://devstoreaccount1/my-container" },
} as const satisfies Record<string, { service: ServiceName; container: string }>;

export type Need = keyof typeof SERVERS;

/** The servers that a page names in a comment on a line of its own. Throws for one that there is not. */
export function needsOf(markdown: string): Need[] {
  const words = /^<!-- needs: ([a-z0-9 ]+) -->$/m.exec(markdown)?.[1]?.split(" ") ?? [];
  for (const word of words) {
    if (!Object.hasOwn(SERVERS, word)) throw new Error(`no page can need ${JSON.stringify(word)}`);
  }
  return words as Need[];
}

/** The servers of all pages; each page finds an empty container in them. */
export class ExampleServers {
  readonly #running: readonly RunningService[];
  readonly #skipped: ReadonlyMap<string, string>;
  readonly #command: string;
  readonly stop: () => Promise<void>;

  private constructor(
    started: Awaited<ReturnType<typeof startServices>> | undefined,
    command: string,
  ) {
    this.#running = started?.running ?? [];
    this.#skipped = new Map(started?.skipped.map(({ name, reason }) => [name, reason]));
    this.#command = command;
    this.stop = async () => started?.stop();
  }

  /** `command` is the path of `lode`. */
  static async start(needs: readonly Need[], command: string): Promise<ExampleServers> {
    const names = [...new Set(needs)].map((need) => SERVERS[need].service);
    return new ExampleServers(names.length === 0 ? undefined : await startServices(names), command);
  }

  /** Why a page cannot be run here; undefined if it can. */
  missing(needs: readonly Need[]): string | undefined {
    for (const need of needs) {
      const reason = this.#skipped.get(SERVERS[need].service);
      if (reason !== undefined) return `no ${need} server (${reason})`;
    }
    return undefined;
  }

  /** The environment of a page, its containers made, and emptied where the server is ours. */
  prepare(needs: readonly Need[]): Record<string, string> {
    const env: Record<string, string> = {};
    for (const need of needs) {
      const { service, container } = SERVERS[need];
      const running = this.#running.find(({ name }) => name === service);
      Object.assign(env, running?.env);
      this.#lode(["create-bucket", container], env);
      const isOurs = running !== undefined && running.pids.length > 0;
      if (isOurs) this.#lode(["rm", "-r", "--force", `${container}/`], env);
    }
    return env;
  }

  #lode(args: readonly string[], env: Readonly<Record<string, string>>): void {
    const { status, stderr } = spawnSync(process.execPath, [this.#command, ...args], {
      env: { ...process.env, ...env },
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`cannot prepare the examples' server: ${stderr}`);
  }
}
