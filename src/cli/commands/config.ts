import { describeConfig, documentSettings, requireSettingName } from "../../app/config/index.js";
import { LodeError } from "../../errors.js";
import type { CommandSpec } from "../command.js";
import { jsonLine } from "../render/index.js";

export const command: CommandSpec = {
  arguments: [
    { syntax: "<action>", description: "show: print the settings; describe: explain them" },
    { syntax: "[name...]", description: "only these settings" },
  ],
  options: [{ flags: "--origin", description: "also where each value comes from" }],
  description:
    "A flag goes before the environment, that before .env in the working directory, that before\n" +
    "lode.yaml here or in a folder above, that before the user's own lode.yaml, that before the\n" +
    "default. Credentials are no settings and are never shown.",
  examples: [
    ["lode config show --origin", "every value and where it comes from"],
    ["lode config show s3.endpoint", "one value"],
    ["lode config describe", "what can be set, and by which names"],
  ],
  changes: false,
  async run({ config, json, out }, [action, given], options: { readonly origin?: boolean }) {
    const names = (given as readonly string[]).map(requireSettingName);
    const wanted = (name: string) => names.length === 0 || names.some((one) => one === name);
    if (action === "describe") {
      for (const doc of documentSettings().filter(({ name }) => wanted(name))) {
        if (json) out.line(jsonLine(doc));
        else {
          out.line(
            `${doc.name} (${doc.type}${doc.default === "" ? "" : `, default ${doc.default}`})`,
          );
          out.line(`    ${doc.description}.`);
          out.line(`    ${doc.environment.join(", ")}`);
        }
      }
      return;
    }
    if (action !== "show") {
      throw new LodeError({
        code: "invalid-argument",
        message: `lode config cannot ${JSON.stringify(action)}; write lode config show or lode config describe`,
      });
    }
    const rows = describeConfig(config).filter(({ name }) => wanted(name));
    const nameWidth = Math.max(...rows.map((row) => row.name.length));
    const valueWidth = Math.max(...rows.map((row) => row.value.length));
    for (const { name, value, origin, where } of rows) {
      if (json) out.line(jsonLine({ name, value, origin, where }));
      else if (options.origin === true) {
        const from = where === undefined ? origin : `${origin}: ${where}`;
        out.line(`${name.padEnd(nameWidth)}  ${value.padEnd(valueWidth)}  ${from}`.trimEnd());
      } else out.line(`${name.padEnd(nameWidth)}  ${value}`.trimEnd());
    }
  },
};
