import { type Cost, measure, type Program } from "./measure.js";
import type { NeutralServer, ServerStats } from "./neutral-server.js";

/** One client in one row: how to make ready, what to run, how to prove the result. */
export interface Contender {
  readonly name: string;
  readonly program: Program;
  /** Not measured; removes what an earlier round left. */
  readonly prepare?: () => void | Promise<void>;
  /** Throws if the round did not do the work: then it is void. */
  readonly check: (cost: Cost, seen: ServerStats | undefined) => void | Promise<void>;
}

export interface Round {
  readonly cost: Cost;
  readonly seen: ServerStats | undefined;
}

/**
 * Interleaves the contenders, A B C A B C, and drops the first round of each, which fills caches.
 */
export async function runRounds(
  tool: string,
  contenders: readonly Contender[],
  rounds: number,
  server?: NeutralServer,
): Promise<Map<string, Round[]>> {
  const results = new Map<string, Round[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) {
      await contender.prepare?.();
      await server?.stats();
      const cost = await measure(tool, contender.program);
      const seen = await server?.stats();
      await contender.check(cost, seen);
      if (round > 0) results.get(contender.name)?.push({ cost, seen });
      process.stderr.write(`  round ${round} ${contender.name} ${cost.seconds.toFixed(2)} s\n`);
    }
  }
  return results;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[middle - 1] ?? 0, sorted[middle] ?? 0];
  return sorted.length % 2 === 1 ? high : (low + high) / 2;
}

/** Ratios of two contenders round by round: a's advantage over b in time, and a's share of CPU. */
export function ratios(
  a: readonly Round[],
  b: readonly Round[],
): { speed: number; low: number; high: number; cpu: number } {
  const speeds = a.map((round, i) => (b[i]?.cost.seconds ?? Number.NaN) / round.cost.seconds);
  const cpus = a.map((round, i) => round.cost.cpuSeconds / (b[i]?.cost.cpuSeconds ?? Number.NaN));
  return {
    speed: median(speeds),
    low: Math.min(...speeds),
    high: Math.max(...speeds),
    cpu: median(cpus),
  };
}
