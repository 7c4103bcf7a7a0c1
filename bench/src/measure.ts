import { spawn } from "node:child_process";

/** What one run of a program cost. */
export interface Cost {
  readonly seconds: number;
  /** User and system time of the program and of the children that it waited for. */
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  readonly firstOutputSeconds: number;
  readonly outputLines: number;
  readonly exitCode: number;
  /** The last line of output: library programs print the seconds of their own work there. */
  readonly lastLine: string;
}

export interface Program {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/**
 * Runs a program through the `measure` tool. Throws if it fails: a failed run is no measurement.
 * What it says on stderr is shown then.
 */
export async function measure(tool: string, program: Program): Promise<Cost> {
  const child = spawn(tool, [...program.command], {
    stdio: ["ignore", "inherit", "pipe", "pipe"],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...program.env },
    cwd: program.cwd,
  });
  const [stderr, result, code] = await Promise.all([
    collect(child.stdio[2] as NodeJS.ReadableStream),
    collect(child.stdio[3] as NodeJS.ReadableStream),
    new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    }),
  ]);
  const cost = code === 0 ? (JSON.parse(result) as Cost) : undefined;
  if (cost === undefined || cost.exitCode !== 0) {
    throw new Error(`${program.command.join(" ")} failed (${cost?.exitCode ?? code}): ${stderr}`);
  }
  return cost;
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
