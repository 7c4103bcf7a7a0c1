import { ERROR_CODES, type ErrorCode, type LodeError } from "../errors.js";

export const EXIT_USAGE = 2;
export const EXIT_INTERRUPTED = 130;
export const EXIT_TERMINATED = 143;

export function exitCodeOf(error: LodeError): number {
  return ERROR_CODES[error.code].exitCode;
}

const MEANINGS: Readonly<Record<number, string>> = {
  0: "all done",
  1: "unexpected failure",
  2: "wrong usage or configuration",
  3: "some objects failed; each was told",
  10: "not found",
  11: "already there, or changed by another",
  12: "the store cannot do this",
  13: "not allowed or not authenticated",
  14: "network, time-out or overload",
  15: "damaged data",
  130: "interrupted (SIGINT)",
  143: "terminated (SIGTERM)",
};

/** Every exit code and what it means, in order. */
export function exitCodes(): { code: number; meaning: string; errors: ErrorCode[] }[] {
  return Object.entries(MEANINGS).map(([code, meaning]) => ({
    code: Number(code),
    meaning,
    errors: (Object.keys(ERROR_CODES) as ErrorCode[]).filter(
      (name) => ERROR_CODES[name].exitCode === Number(code),
    ),
  }));
}

/** The codes as the end of a help text. */
export function exitCodesHelp(): string {
  const lines = exitCodes().map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`);
  return ["Exit codes:", ...lines].join("\n");
}
