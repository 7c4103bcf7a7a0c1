import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, isErrno } from "./cache-folder.js";
import {
  endProcesses,
  identifyProcess,
  isAlive,
  type ProcessIdentity,
} from "./process-identity.js";
import type { RunningService, ServiceName } from "./service.js";

/** What is written down about a server that outlives the command that started it. */
export interface DetachedService {
  readonly name: ServiceName;
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  readonly version: string;
  readonly dataDir: string;
  readonly processes: readonly ProcessIdentity[];
}

/** Records a running service, so that later commands find it, and lets it outlive this process. */
export async function detachService(running: RunningService): Promise<DetachedService> {
  const { name, url, env, version, dataDir } = running;
  const processes: ProcessIdentity[] = [];
  for (const pid of running.pids) {
    const identity = await identifyProcess(pid);
    if (identity === undefined) throw new Error(`${name}: process ${pid} has ended`);
    processes.push(identity);
  }
  const record: DetachedService = { name, url, env, version, dataDir, processes };
  await mkdir(recordFolder(), { recursive: true });
  const temporary = `${recordPath(name)}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(record, undefined, 2)}\n`);
  await rename(temporary, recordPath(name));
  running.detach();
  return record;
}

/** The recorded service, or undefined if none is recorded or one of its processes has ended. */
export async function findDetached(name: ServiceName): Promise<DetachedService | undefined> {
  const record = await readRecord(name);
  if (record === undefined) return undefined;
  const alive = await Promise.all(record.processes.map(isAlive));
  return alive.every(Boolean) ? record : undefined;
}

/** Ends what is left of the recorded service; false if none is recorded. */
export async function stopDetached(name: ServiceName): Promise<boolean> {
  const record = await readRecord(name);
  if (record === undefined) return false;
  await endProcesses(record.processes);
  await rm(record.dataDir, { recursive: true, force: true });
  await rm(recordPath(name), { force: true });
  return true;
}

async function readRecord(name: ServiceName): Promise<DetachedService | undefined> {
  try {
    return JSON.parse(await readFile(recordPath(name), "utf8")) as DetachedService;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw new Error(`cannot read ${recordPath(name)}; remove it by hand`, { cause: error });
  }
}

function recordFolder(): string {
  return join(cacheFolder(), "running");
}

function recordPath(name: ServiceName): string {
  return join(recordFolder(), `${name}.json`);
}
