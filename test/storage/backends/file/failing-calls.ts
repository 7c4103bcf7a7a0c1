import { type FsCalls, nodeFsCalls } from "../../../../src/storage/local-disk/index.js";

/** Calls whose n-th does something else; `count` tells how many were made. */
export interface CountedCalls {
  readonly calls: FsCalls;
  readonly log: string[];
}

type AnyCall = (...args: unknown[]) => unknown;

/** `fault` runs in place of the n-th call (from 1); it is given the real one and its arguments. */
export function countedCalls(
  n: number,
  fault: (name: string, real: () => unknown, args: unknown[]) => unknown,
): CountedCalls {
  const log: string[] = [];
  const wrapped = Object.entries(nodeFsCalls).map(([name, real]) => [
    name,
    (...args: unknown[]) => {
      log.push(name);
      const call = (): unknown => (real as AnyCall)(...args);
      return log.length === n ? fault(name, call, args) : call();
    },
  ]);
  return { calls: Object.fromEntries(wrapped) as FsCalls, log };
}

/** Fails as the operating system does: a synchronous call throws, another rejects. */
export function failWith(code: string) {
  return (name: string, real: () => unknown): unknown => {
    const error = Object.assign(new Error(`${code}: injected into ${name}`), { code });
    if (name === "closeSync") {
      real();
      throw error;
    }
    if (name.endsWith("Sync")) throw error;
    // A descriptor is gone even if its close reports a failure (close(2)).
    if (name === "close") return (real() as Promise<void>).then(() => Promise.reject(error));
    return Promise.reject(error);
  };
}

/** Writes only the first half of the bytes, as the system may. */
export function shortWrite(name: string, real: () => unknown, args: unknown[]): unknown {
  const bytes = args[1] as Uint8Array;
  if ((name !== "write" && name !== "writeSync") || bytes.byteLength < 2) return real();
  const half = [args[0], bytes.subarray(0, bytes.byteLength >> 1), args[2]];
  return (nodeFsCalls[name] as unknown as AnyCall)(...half);
}
