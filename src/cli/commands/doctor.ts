import { tmpdir } from "node:os";
import { LodeError } from "../../errors.js";
import type { CommandSpec } from "../command.js";
import { jsonLine } from "../render/index.js";

const MARKS = { ok: "ok  ", note: "note", failed: "FAIL" } as const;

export const command: CommandSpec = {
  arguments: [{ syntax: "[uri]", description: "the store to reach; the configured one if absent" }],
  options: [],
  description:
    "Looks at Node, the configuration, credentials in sight (never their values), native parts and\n" +
    "whether the store answers. Exit code 1 if something failed.",
  examples: [
    ["lode doctor", "check everything"],
    ["lode doctor s3://bucket", "and whether this bucket can be listed"],
  ],
  changes: false,
  async run(context, [text]) {
    const { diagnose } = await import("../../app/operations/index.js");
    const surroundings = { nodeVersion: process.version, temporaryFolder: tmpdir() };
    const failed: string[] = [];
    for await (const one of diagnose(context.app, surroundings, text as string | undefined)) {
      if (one.status === "failed") failed.push(one.name);
      if (context.json) context.out.line(jsonLine({ type: "diagnosis", ...one }));
      else context.out.line(`${MARKS[one.status]}  ${one.name.padEnd(18)}  ${one.text}`);
    }
    if (failed.length === 0) return;
    throw new LodeError({ code: "unexpected", message: `not all is well: ${failed.join(", ")}` });
  },
};
