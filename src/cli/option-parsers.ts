import { parseByteSize, parseDuration } from "../app/config/index.js";
import { LodeError } from "../errors.js";
import type { OptionSpec } from "./command.js";

/** A whole number from `min` to `max`; `_` may group digits. */
export function wholeNumber(name: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text.replaceAll("_", ""));
    if (text.trim() !== "" && Number.isInteger(value) && value >= min && value <= max) return value;
    throw new LodeError({
      code: "invalid-argument",
      message: `${name} cannot be ${JSON.stringify(text)}: give a whole number from ${min} to ${max}`,
    });
  };
}

export function byteSize(text: string): number {
  return parseByteSize(text);
}

/** A size that may be negative, to count from the end. */
export function signedByteSize(text: string): number {
  return text.startsWith("-") ? -parseByteSize(text.slice(1)) : parseByteSize(text);
}

/** A duration before now, or a date (UTC unless it says otherwise). */
export function moment(text: string): Date {
  if (/^[0-9.]+\s*(ms|s|m|h|d)$/i.test(text)) return new Date(Date.now() - parseDuration(text));
  const date = new Date(/^\d{4}-\d\d-\d\d(T.*)?$/.test(text) ? text : Number.NaN);
  if (!Number.isNaN(date.getTime())) return date;
  throw new LodeError({
    code: "invalid-argument",
    message: `${JSON.stringify(text)} is no time: write a duration such as 2d or 12h, or a date such as 2026-01-31`,
  });
}

/** `-j` as the seed's commands have it, with their own default each. */
export function jobsOption(defaultJobs: number): OptionSpec {
  return {
    flags: "-j, --jobs <n>",
    description: "objects at a time",
    parse: wholeNumber("-j", 1, 4096),
    default: defaultJobs,
  };
}

export const RECURSIVE: OptionSpec = {
  flags: "-r, --recursive",
  description: "everything below, not one level",
};

export const DRY_RUN: OptionSpec = {
  flags: "--dry-run",
  description: "tell what would be done and change nothing",
};

export const LITERAL: OptionSpec = {
  flags: "--literal",
  description: "take * ? [ ] { } \\ as characters of the name",
};

export const REGEX: OptionSpec = {
  flags: "--regex",
  description: "the last part of the URI is a regular expression for the whole name (RE2 syntax)",
};

export const PATTERN: OptionSpec = {
  flags: "-p, --pattern <regex>",
  description: "only keys whose part after the listed folder matches this regular expression",
};
