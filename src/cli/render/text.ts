import { formatByteSize } from "../../app/config/index.js";

/** `2026-11-21 01:05:18`, in UTC. */
export function formatTime(time: Date): string {
  return time.toISOString().slice(0, 19).replace("T", " ");
}

export function formatSize(bytes: number, human: boolean): string {
  return human ? formatByteSize(bytes) : String(bytes);
}

/** `1 object`, `2 objects`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** `0:07`, `12:34`, `1:02:03`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((n, i) => (i === 0 ? String(n) : String(n).padStart(2, "0"))).join(":");
}

export function formatRate(bytes: number, seconds: number): string {
  return `${formatByteSize(Math.round(bytes / Math.max(seconds, 1e-6)))}/s`;
}

/** Nanoseconds as `812 us`, `3.42 ms`, `1.20 s`. */
export function formatNanos(ns: number): string {
  if (ns < 999_500) return `${Number((ns / 1e3).toPrecision(3))} us`;
  return ns < 999_500_000 ? `${(ns / 1e6).toPrecision(3)} ms` : `${(ns / 1e9).toFixed(2)} s`;
}
