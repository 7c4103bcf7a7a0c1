import { parseDuration } from "../../app/config/index.js";
import { LodeError } from "../../errors.js";
import type { CommandSpec } from "../command.js";
import { jsonLine } from "../render/index.js";

const METHODS = ["GET", "PUT", "HEAD", "DELETE"] as const;

interface PresignCommandOptions {
  readonly expires: number;
  readonly method: (typeof METHODS)[number];
}

export const command: CommandSpec = {
  arguments: [{ syntax: "<uri>", description: "an object, which need not exist yet" }],
  options: [
    {
      flags: "--expires <duration>",
      description: "how long the URL works, up to 7d",
      parse: (text) => parseDuration(text),
      default: 3_600_000,
      defaultText: "1h",
    },
    { flags: "--method <method>", description: METHODS.join(", "), parse: method, default: "GET" },
  ],
  description: "The URL is a secret: whoever has it may do what it allows.",
  examples: [
    ["lode presign s3://bucket/a.npz", "a link for an hour"],
    [
      'curl -T a.npz "$(lode presign --method PUT --expires 10m s3://bucket/a.npz)"',
      "let somebody upload",
    ],
  ],
  changes: false,
  async run(context, [text], options: PresignCommandOptions) {
    const { presignObject } = await import("../../app/operations/index.js");
    const expiresIn = Math.round(options.expires / 1000);
    const url = await presignObject(context.app, text as string, {
      method: options.method,
      expiresIn,
    });
    const { method: verb } = options;
    if (context.json) context.out.line(jsonLine({ type: "url", url, method: verb, expiresIn }));
    else context.out.line(url);
  },
};

function method(text: string): string {
  const found = METHODS.find((one) => one === text.toUpperCase());
  if (found !== undefined) return found;
  throw new LodeError({
    code: "invalid-argument",
    message: `--method ${text} is none of ${METHODS.join(", ")}`,
  });
}
