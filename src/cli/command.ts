import type { Config } from "../app/config/index.js";
import type { AppContext } from "../app/index.js";
import type { Notices, Output } from "./render/index.js";

/** What a command runs with. */
export interface CommandContext {
  readonly app: AppContext;
  readonly config: Config;
  /** Standard output: data only. */
  readonly out: Output;
  /** Standard error: what is for people. */
  readonly notices: Notices;
  readonly json: boolean;
  readonly signal: AbortSignal;
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Whether standard input is a terminal, where nobody pipes anything in. */
  readonly stdinIsTerminal: boolean;
  readonly version: string;
  /** All commands. */
  readonly commands: readonly CommandEntry[];
}

export interface ArgumentSpec {
  /** As shown and parsed: `<uri>`, `[uri]`, `<uri...>`. */
  readonly syntax: string;
  readonly description: string;
}

export interface OptionSpec {
  /** As shown and parsed: `-j, --jobs <n>`. */
  readonly flags: string;
  readonly description: string;
  /** Turns the text into the option's value. Throws `invalid-argument`. */
  readonly parse?: (text: string) => unknown;
  readonly default?: unknown;
  /** How the default is shown, where it is not simply the value. */
  readonly defaultText?: string;
  /** May be given several times; the value is an array. */
  readonly repeatable?: boolean;
}

/** One command: what it takes, how help explains it, and what it does. */
export interface CommandSpec {
  /** Those from the first `...` on reach `run` as one array. */
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  /** Paragraphs below the summary in the help. */
  readonly description?: string;
  /** A command line and what it does. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** Changes something: it goes on when nobody reads its output any more. */
  readonly changes: boolean;
  /** Standard output carries bytes, so that `--json` writes errors to standard error. */
  readonly binaryOutput?: boolean;
  readonly run: (
    context: CommandContext,
    args: readonly (string | readonly string[] | undefined)[],
    // biome-ignore lint/suspicious/noExplicitAny: each command states the shape of its own options
    options: any,
  ) => Promise<void>;
}

/** A command as `lode --help` tells of it; its code is loaded when it is asked for. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<CommandSpec>;
}
