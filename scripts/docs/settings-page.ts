import { documentSettings } from "../../src/app/config/index.js";
import { code, GENERATED, markdownTable } from "./markdown.js";

/** Every setting with its type, default and names in the environment. */
export function settingsPage(): string {
  const rows = documentSettings().map(
    ({ name, type, default: value, environment, description }) => [
      code(name),
      `${description}.`,
      type
        .split("|")
        .map(code)
        .join(" ")
        .replace(/^`(URI or path|[a-z]+)`$/, "$1"),
      value === "" ? "none" : code(value),
      environment.map(code).join(", "),
    ],
  );
  return `${GENERATED}

# Settings

A flag goes before the environment, that before \`.env\` in the working directory, that before \`lode.yaml\` in the
working directory or the nearest folder above it, that before the user's own file
(\`$XDG_CONFIG_HOME/lode/lode.yaml\`, else \`~/.config/lode/lode.yaml\`), that before the default.
\`lode config show --origin\` prints each value and where it came from.

In \`lode.yaml\` the part before the dot is a section:

\`\`\`yaml
store: s3://my-bucket/team
s3:
  region: eu-central-1
transfer:
  part-size: 16MiB
\`\`\`

On the command line every setting is \`--set name=value\`; some have a flag of their own (\`--region\`). An unknown name in a file
or in \`--set\` is an error; an unknown variable that begins with \`LODE_\` is a warning. A relative path in a file is relative
to that file. The first variable of a row that is set wins; an empty one counts as absent.

${markdownTable(["setting", "what it does", "type", "default", "environment"], rows)}

A size is a number of bytes with an optional unit: \`8MiB\` is 8 x 2^20 bytes, \`8MB\` is 8 x 10^6. A duration is \`500ms\`, \`30s\`, \`5m\`,
\`2h\` or \`1d\`; a bare number is seconds.

Credentials are not settings: see [S3](../backends/s3.md) and [Azure](../backends/azure.md). These settings are those of the
command. The library takes options in \`openStore(uri, options)\` and reads no \`lode.yaml\` and no \`.env\`.
`;
}
