import type { Readable, Writable } from "node:stream";
import { type Config, loadConfig, requireSettingName } from "../app/config/index.js";
import { openOptions, StorePool, startOpLog } from "../app/index.js";
import { didYouMean } from "../core/index.js";
import { isLodeError, LodeError, toLodeError } from "../errors.js";
import type { OpLog } from "../oplog/recording/index.js";
import { buildParser } from "./build-parser.js";
import type { CommandEntry, CommandSpec } from "./command.js";
import { COMMANDS } from "./command-table.js";
import { exitCodeOf } from "./exit-codes.js";
import { type GlobalValues, SETTING_FLAGS, splitCommandLine } from "./global-options.js";
import { Interrupts, type SignalSource } from "./interrupts.js";
import { observeStores } from "./observe-stores.js";
import { errorLine, type NoticeStream, Notices, Output } from "./render/index.js";

/** The parts of a process that a command uses. */
export interface CommandProcess extends SignalSource {
  readonly env: Record<string, string | undefined>;
  readonly stdout: Writable;
  readonly stderr: Writable & NoticeStream;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  cwd(): string;
}

/** Runs one command line and tells its exit code. Nothing is thrown. */
export async function runCommand(
  argv: readonly string[],
  proc: CommandProcess,
  surroundings: { readonly version: string; readonly home: string },
): Promise<number> {
  const interrupts = new Interrupts(proc);
  const out = new Output(proc.stdout);
  // What is known before the command line is parsed, so that its errors look right too.
  let json = argv.includes("--json");
  let spec: CommandSpec | undefined;
  const beforeLine = () => out.flush();
  let notices = new Notices(proc.stderr, { verbosity: 0, progress: false, beforeLine });
  try {
    const { before, name, after } = splitCommandLine(argv);
    const helpOf = name === "help";
    const entry = findCommand(helpOf ? (after[0] ?? "help") : (name ?? ""));
    spec = await entry.load();
    const parser = buildParser(entry, spec, (text) => out.line(text.replace(/\n$/, "")));
    try {
      parser.parse(helpOf ? ["--help"] : [...before, ...after], { from: "user" });
    } catch (error) {
      if (isHelp(error)) return 0;
      throw usageError(entry, error);
    }
    const options: GlobalValues & { endpoint?: string } = parser.opts();
    json = options.json === true;
    notices = new Notices(proc.stderr, {
      verbosity: options.verbose ?? 0,
      progress: options.progress !== false,
      beforeLine,
    });
    const config = await loadConfig({
      env: proc.env,
      cwd: proc.cwd(),
      home: surroundings.home,
      flags: settingFlags(options),
      configFile: options.config,
    });
    for (const warning of config.warnings) notices.warn(warning);
    shareDotenv(config, proc.env);
    const signal = spec.changes
      ? interrupts.signal
      : AbortSignal.any([interrupts.signal, out.closed]);
    const opLog = options.opLog === undefined ? undefined : await startOpLog(config, options.opLog);
    const observer = observeStores(notices);
    const stores = new StorePool(openOptions(config, observer));
    const app = { config, stores, signal, onWarning: observer.onWarning };
    let done = false;
    try {
      await spec.run(
        {
          app,
          config,
          out,
          notices,
          json,
          signal,
          stdin: proc.stdin,
          stdinIsTerminal: proc.stdin.isTTY === true,
          version: surroundings.version,
          commands: COMMANDS,
        },
        parser.processedArgs,
        options,
      );
      done = true;
    } finally {
      notices.clearStatus();
      await stores.close();
      await endOpLog(opLog, notices, done);
    }
    await out.end();
    return interrupts.exitCode ?? 0;
  } catch (thrown) {
    notices.clearStatus();
    const error = toLodeError(thrown, argv[0]);
    // The reader of a listing has what it wants: head, less, grep -q.
    if (out.closed.aborted && isLodeError(error, "aborted") && interrupts.exitCode === undefined) {
      return 0;
    }
    if (json && spec?.binaryOutput !== true) out.line(errorLine(error));
    else if (json) notices.line(errorLine(error));
    if (!json || spec?.binaryOutput !== true) tellError(notices, error);
    return interrupts.exitCode ?? exitCodeOf(error);
  } finally {
    await out.end().catch((error: unknown) => tellError(notices, toLodeError(error)));
    interrupts.remove();
  }
}

/** Ends the log, if there is one. Its failure is the command's only where the command had none. */
async function endOpLog(
  opLog: OpLog | undefined,
  notices: Notices,
  commandDone: boolean,
): Promise<void> {
  if (opLog === undefined) return;
  try {
    const { path, dropped } = await opLog.close();
    if (dropped === 0) return;
    notices.warn(
      `${dropped} rows were dropped from ${path}; raise oplog.buffer-rows or set oplog.lossless`,
    );
  } catch (error) {
    if (commandDone) throw error;
    tellError(notices, toLodeError(error));
  }
}

function findCommand(name: string): CommandEntry {
  const found = COMMANDS.find((command) => command.name === name);
  if (found !== undefined) return found;
  const names = COMMANDS.map((command) => command.name);
  throw new LodeError({
    code: "invalid-argument",
    message: `there is no command ${JSON.stringify(name)}${didYouMean(name, names) || "; see lode --help"}`,
  });
}

function settingFlags(options: GlobalValues & { readonly endpoint?: string }) {
  const flags: Record<string, { text: string; flag: string }> = {};
  for (const assignment of options.set ?? []) {
    const equals = assignment.indexOf("=");
    const name = requireSettingName(equals < 0 ? assignment : assignment.slice(0, equals));
    if (equals < 0) {
      throw new LodeError({
        code: "invalid-argument",
        message: `--set ${assignment} has no value; write --set ${name}=value`,
      });
    }
    flags[name] = { text: assignment.slice(equals + 1), flag: `--set ${name}` };
  }
  const given: Record<string, unknown> = { ...options };
  given.endpointUrl ??= options.endpoint;
  for (const [option, { setting, flag }] of Object.entries(SETTING_FLAGS)) {
    const text = given[option];
    if (typeof text === "string") flags[setting] = { text, flag };
  }
  return flags;
}

/** Credential chains of providers read the process's own environment, where `.env` must be seen too. */
function shareDotenv(config: Config, env: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(config.environment)) env[name] ??= value;
}

function isHelp(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return code === "commander.helpDisplayed" || code === "commander.help";
}

function usageError(entry: CommandEntry, error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code !== "string" || !code.startsWith("commander.")) return error;
  const text = String(message)
    .replace(/^error: /, "")
    .replace(/\n\(Did you mean (.*)\?\)$/, "; did you mean $1?");
  return new LodeError({
    code: "invalid-argument",
    message: `lode ${entry.name}: ${text} (see lode ${entry.name} --help)`,
  });
}

function tellError(notices: Notices, error: LodeError): void {
  const where =
    error.uri === undefined || error.message.includes(error.uri) ? "" : ` (${error.uri})`;
  notices.line(`lode: ${error.message}${where} [${error.code}]`);
  for (const [name, value] of Object.entries(error.details)) {
    if (name === "failures") continue;
    const text = typeof value === "object" ? JSON.stringify(value) : String(value);
    notices.debug(withoutSecrets(`  ${name}: ${text}`));
  }
  let cause: unknown = error.cause;
  while (cause instanceof Error) {
    notices.debug(withoutSecrets(`  caused by ${cause.name}: ${cause.message}`));
    cause = cause.cause;
  }
}

/** Messages of other libraries may quote a signed URL or a connection string. */
function withoutSecrets(text: string): string {
  return text
    .replace(
      /\b(X-Amz-(?:Signature|Credential|Security-Token)|sig|AccountKey|SharedAccessSignature)=[^&;\s"']+/gi,
      "$1=***",
    )
    .replace(/\/\/[^/@\s]*@/g, "//***@");
}
