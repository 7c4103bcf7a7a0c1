import { readFileSync, writeFileSync } from "node:fs";

/** Ends a span and tells what it took. */
export type EndSpan = () => void;

/**
 * Begins to measure a piece of a program. The end prints its seconds, its CPU-seconds of all threads, and by
 * how many bytes the resident memory grew at most.
 */
export function beginSpan(): EndSpan {
  // The peak begins anew: proc(5).
  writeFileSync("/proc/self/clear_refs", "5");
  const before = status("VmRSS");
  const cpu = process.cpuUsage();
  const begin = performance.now();
  return () => {
    const seconds = (performance.now() - begin) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    console.log(seconds, (user + system) / 1e6, Math.max(0, status("VmHWM") - before));
  };
}

function status(field: string): number {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(
    readFileSync("/proc/self/status", "utf8"),
  );
  return Number(found?.[1]) * 1024;
}
