import type { PutData, RunOfData } from "../../app/operations/index.js";
import type { DataReference } from "../../runs/index.js";
import type { CommandContext } from "../command.js";
import { formatSize, jsonLine, plural, showProgress } from "../render/index.js";
import { invalid, oneOf, type RunOptions } from "./run-options.js";

/** The id of what was stored is data; what it took is for people. */
export async function put(
  context: CommandContext,
  paths: readonly string[],
  options: RunOptions,
): Promise<void> {
  const { app, json, notices, out, stdin, stdinIsTerminal } = context;
  const { store, name, metadata, rehash } = options;
  const { putData, VALUE_KINDS } = await import("../../app/operations/index.js");
  if (paths.includes("-")) {
    if (name === undefined) throw invalid("standard input has no name: add --name NAME");
    if (stdinIsTerminal) throw invalid("standard input is a terminal: pipe something in");
  }
  const began = performance.now();
  // A bar of whole values stands still while there is only one.
  const totalObjects = paths.length > 1 ? paths.length : undefined;
  let done = 0;
  const { data, revision } = await putData(
    app,
    store,
    paths.map((path) => (path === "-" ? stdin : path)),
    {
      name,
      kind: oneOf("--type", options.type, VALUE_KINDS),
      metadata: metadata && Object.fromEntries(metadata),
      rehash,
      run: await runOf(options),
      onProgress(label, { bytes }) {
        const bytesPerSecond = rateOf(bytes, began);
        const counts = { objects: done, totalObjects, noun: "values", failed: 0 };
        showProgress(notices, `put ${label}`, { bytes, bytesPerSecond, ...counts });
      },
      onStored: () => done++,
    },
  );
  notices.clearStatus();
  for (const one of data) {
    const { reference, ...sizes } = one;
    if (json) {
      const run = options.run === undefined ? {} : { run: options.run, revision };
      out.line(jsonLine({ ...storedJson(reference), ...sizes, ...run }));
    } else out.line(`${reference.hash}  ${reference.name}`);
    notices.line(takenText(one));
  }
  if (options.run !== undefined) notices.line(`run ${options.run} is at revision ${revision}`);
}

function storedJson({ type: valueType, ...facts }: DataReference): Record<string, unknown> {
  return { type: "stored", valueType, ...facts };
}

function takenText({ reference, bytes, reusedBytes, storedBytes }: PutData): string {
  const { name, type } = reference;
  const fresh = `${formatSize(bytes - reusedBytes, true)} new`;
  const stored = `${formatSize(storedBytes, true)} written`;
  return `${name}: ${type}, ${formatSize(bytes, true)}, ${fresh}, ${formatSize(reusedBytes, true)} reused, ${stored}`;
}

async function runOf(options: RunOptions): Promise<RunOfData | undefined> {
  const { run: id, input, output, create, runType, project, tag, finish, replace } = options;
  if (id === undefined) {
    const given = [input, output, create, runType, project, tag, finish, replace];
    if (given.every((one) => one === undefined)) return undefined;
    throw invalid("data is given to a run by --run ID with --input or --output");
  }
  if ((input === true) === (output === true)) {
    throw invalid(`say whether run ${id} has it as --input or as --output`);
  }
  if (create !== true && [runType, project, tag].some((one) => one !== undefined)) {
    throw invalid("--run-type, --project and --tag are of a new run: add --create");
  }
  const { RUN_TYPES } = await import("../../runs/index.js");
  const fresh = {
    runType: oneOf("--run-type", runType, RUN_TYPES),
    project,
    tags: tag && Object.fromEntries(tag),
  };
  const role = input === true ? "input" : "output";
  return { id, role, create: create === true ? fresh : undefined, replace, finish };
}

/** Without a target, or with `-`, the bytes go to standard output. */
export async function get(
  { app, json, notices, out }: CommandContext,
  [text = "", target = "-"]: readonly string[],
  { store, path: paths, columns, rows, replace }: RunOptions,
): Promise<void> {
  const { getData, readData } = await import("../../app/operations/index.js");
  if (paths !== undefined && (columns !== undefined || rows === true)) {
    throw invalid("--path is of folders, --columns and --rows are of tables");
  }
  const part = { paths, columns, rows };
  if (target === "-") {
    if (json) throw invalid("standard output cannot have the data and --json too");
    await readData(app, store, text, part, async (bytes) => {
      await out.bytes(bytes);
      return !out.closed.aborted;
    });
    return;
  }
  const began = performance.now();
  const got = await getData(app, store, text, target, {
    ...part,
    replace,
    onProgress(bytes, totalBytes) {
      const counts = { objects: 0, totalObjects: 1, noun: "values", failed: 0 };
      const bytesPerSecond = rateOf(bytes, began);
      showProgress(notices, `get ${text}`, { bytes, totalBytes, bytesPerSecond, ...counts });
    },
  });
  notices.clearStatus();
  const { reference, bytes, tree } = got;
  if (json) {
    const { hash, digest, type } = reference;
    const facts = { blob: hash, digest, valueType: type, bytes };
    out.line(jsonLine({ type: "got", target: got.target, ...facts, ...tree }));
    return;
  }
  const files = tree === undefined ? "" : `${plural(tree.written, "file")}, `;
  const kept = tree?.unchanged ? `, ${tree.unchanged} there already` : "";
  notices.line(`${got.target}: ${files}${formatSize(bytes, true)}${kept}`);
}

function rateOf(bytes: number, began: number): number {
  return bytes / Math.max((performance.now() - began) / 1000, 1e-6);
}
