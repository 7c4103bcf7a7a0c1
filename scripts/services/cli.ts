import { parseArgs } from "node:util";
import { PROGRAM_NAMES, type ProgramName, programs } from "../programs/index.js";
import { detachService, findDetached, stopDetached } from "./detached-service.js";
import type { Availability, Service, ServiceName } from "./service.js";
import { SERVICE_NAMES, services } from "./services.js";
import { startInNewFolder } from "./start-services.js";

const USAGE = `npm run services -- start|stop|status|env|fetch [${SERVICE_NAMES.join("|")} ...]

start   start the servers (all that this machine can have, if none is named) and leave them running;
        one that runs already is left as it is
stop    stop servers left running by start; their data is gone
status  show which run, and which this machine can have
env     print the variables that clients need, as a shell reads them: eval "$(npm run -s services -- env minio)"
fetch   only download or build what start would need, and the programs that tests run (${PROGRAM_NAMES.join(", ")})
`;

/** Whether all went well. */
type Command = (service: Service, named: boolean) => Promise<boolean>;

async function start(service: Service, named: boolean): Promise<boolean> {
  const { name } = service;
  const found = await findDetached(name);
  if (found !== undefined) {
    console.log(`${name}: runs already at ${found.url} (${found.version})`);
    return true;
  }
  // Left over from a server of which some process has died.
  await stopDetached(name);
  if (!(await fetchOrExplain(service))) return !named;
  const running = await startInNewFolder(service);
  try {
    const { url, version } = await detachService(running);
    console.log(`${name}: runs at ${url} (${version})`);
  } catch (error) {
    await running.stop();
    throw error;
  }
  return true;
}

async function stop({ name }: Service): Promise<boolean> {
  console.log(`${name}: ${(await stopDetached(name)) ? "stopped" : "was not running"}`);
  return true;
}

async function status(service: Service, named: boolean): Promise<boolean> {
  const { name } = service;
  const found = await findDetached(name);
  if (found !== undefined) {
    const pids = found.processes.map(({ pid }) => pid).join(" ");
    console.log(`${name}: runs at ${found.url} (${found.version}), pids ${pids}`);
    return true;
  }
  const availability = await service.availability();
  const detail = availability.ok
    ? (await service.isFetched())
      ? "ready to start"
      : "not fetched yet"
    : `not available: ${availability.reason}`;
  console.log(`${name}: not running, ${detail}`);
  return !named;
}

async function env({ name }: Service, named: boolean): Promise<boolean> {
  const found = await findDetached(name);
  if (found === undefined) {
    if (named) console.error(`${name}: not running`);
    return !named;
  }
  for (const [variable, value] of Object.entries(found.env)) {
    console.log(`export ${variable}='${value.replaceAll("'", "'\\''")}'`);
  }
  return true;
}

async function fetch(wanted: Fetched, named: boolean): Promise<boolean> {
  if (!(await fetchOrExplain(wanted))) return !named;
  // Also where something is there already: it may be the second choice of an earlier failure.
  await wanted.fetch();
  console.log(`${wanted.name}: fetched`);
  return true;
}

/** What is fetched once: a server or a program. */
interface Fetched {
  readonly name: string;
  availability(): Promise<Availability>;
  isFetched(): Promise<boolean>;
  fetch(): Promise<void>;
}

async function fetchOrExplain(service: Fetched): Promise<boolean> {
  const availability = await service.availability();
  if (!availability.ok) {
    console.error(`${service.name}: not available: ${availability.reason}`);
    return false;
  }
  if (!(await service.isFetched())) {
    console.error(`${service.name}: fetching, which takes some minutes the first time`);
    await service.fetch();
  }
  return true;
}

const COMMANDS: Readonly<Record<string, Command>> = { start, stop, status, env, fetch };

async function main(args: string[]): Promise<number> {
  const [verb = "", ...names] = parseArgs({ args, allowPositionals: true }).positionals;
  const command = Object.hasOwn(COMMANDS, verb) ? COMMANDS[verb] : undefined;
  const isProgram = (name: string) => verb === "fetch" && Object.hasOwn(programs, name);
  const unknown = names.filter((name) => !Object.hasOwn(services, name) && !isProgram(name));
  if (command === undefined || unknown.length > 0) {
    console.error(USAGE);
    return 2;
  }
  const named = names.length > 0;
  const all = verb === "fetch" ? [...SERVICE_NAMES, ...PROGRAM_NAMES] : SERVICE_NAMES;
  const outcomes = await Promise.allSettled(
    (named ? names : all).map((name) =>
      isProgram(name)
        ? fetch(programs[name as ProgramName], named)
        : command(services[name as ServiceName], named),
    ),
  );
  for (const outcome of outcomes) {
    if (outcome.status === "rejected") console.error((outcome.reason as Error).message);
  }
  return outcomes.every((outcome) => outcome.status === "fulfilled" && outcome.value) ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
