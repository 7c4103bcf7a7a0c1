import { LodeError, toLodeError } from "../errors.js";

/** Tells whether the whole text matches; in time linear in its length, whatever the pattern. */
export type RegexMatch = (text: string) => boolean;

/** Longer patterns cost memory before they match anything. */
const MAX_PATTERN_LENGTH = 1000;

/**
 * Compiles a regular expression in RE2's syntax (https://github.com/google/re2/wiki/Syntax: no
 * back-references, no look-around), anchored at both ends. Throws `invalid-argument` where the
 * syntax is wrong or too long.
 */
export async function compileRegex(pattern: string): Promise<RegexMatch> {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw invalid(pattern, `it has more than ${MAX_PATTERN_LENGTH} characters`);
  }
  // Loaded at first use: a command without a regular expression does not pay for the engine.
  const { RE2JS, RE2JSException } = await import("re2js");
  try {
    const compiled = RE2JS.compile(pattern, RE2JS.DOTALL);
    return (text) => compiled.matches(text);
  } catch (error) {
    if (error instanceof RE2JSException) throw invalid(pattern, error.message, error);
    throw toLodeError(error, "compile regular expression");
  }
}

function invalid(pattern: string, why: string, cause?: unknown): LodeError {
  const shown = pattern.length > 80 ? `${pattern.slice(0, 77)}...` : pattern;
  return new LodeError({
    code: "invalid-argument",
    message: `regular expression ${JSON.stringify(shown)} cannot be used: ${why}`,
    cause,
  });
}
