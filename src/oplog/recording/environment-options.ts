import { LodeError } from "../../errors.js";
import type { OpLogWriterOptions } from "../writer-options.js";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The settings of s3dlio in the environment, under its names and ours: `LODE_OPLOG_BUF` before
 * `S3DLIO_OPLOG_BUF`. Throws `invalid-config`.
 */
export function environmentOptions(env: Environment): OpLogWriterOptions {
  return {
    ...given("bufferRows", wholeNumber(env, "BUF")),
    ...given("frameBytes", wholeNumber(env, "WBUFCAP")),
    ...given("level", wholeNumber(env, "LEVEL")),
    ...given("lossless", toggle(env, "LOSSLESS")),
  };
}

function lookUp(env: Environment, name: string): { name: string; text: string } | undefined {
  for (const full of [`LODE_OPLOG_${name}`, `S3DLIO_OPLOG_${name}`]) {
    const text = env[full]?.trim();
    if (text) return { name: full, text };
  }
  return undefined;
}

function wholeNumber(env: Environment, name: string): number | undefined {
  const found = lookUp(env, name);
  if (found === undefined) return undefined;
  if (/^\d{1,12}$/.test(found.text)) return Number(found.text);
  throw invalid(found, "a whole number");
}

function toggle(env: Environment, name: string): boolean | undefined {
  const found = lookUp(env, name);
  if (found === undefined) return undefined;
  if (/^(1|true|yes|on)$/i.test(found.text)) return true;
  if (/^(0|false|no|off)$/i.test(found.text)) return false;
  throw invalid(found, "true or false");
}

function invalid({ name, text }: { name: string; text: string }, wanted: string): LodeError {
  return new LodeError({
    code: "invalid-config",
    message: `${name} is ${JSON.stringify(text)}; give ${wanted}`,
  });
}

function given<N extends string, T>(name: N, value: T | undefined): { [K in N]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { [K in N]?: T });
}
