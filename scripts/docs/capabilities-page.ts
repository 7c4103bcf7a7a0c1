import { constants } from "node:buffer";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { azureCapabilities } from "../../src/storage/backends/azure/capabilities.js";
import { directCapabilities } from "../../src/storage/backends/direct/capabilities.js";
import { fileCapabilities } from "../../src/storage/backends/file/capabilities.js";
import { MEMORY_CAPABILITIES } from "../../src/storage/backends/memory/capabilities.js";
import { s3Capabilities } from "../../src/storage/backends/s3/capabilities.js";
import type { Capabilities } from "../../src/storage/capabilities.js";
import { code, GENERATED, markdownTable } from "./markdown.js";

/** A backend as it comes, and as a setting or credential changes it. */
interface Column {
  readonly name: string;
  readonly usual: Capabilities;
  readonly other?: Capabilities;
  /** When it is `other`, in words that follow yes or no. */
  readonly when?: string;
}

const SIDECAR = "with `file.sidecar`";
const COLUMNS: readonly Column[] = [
  { name: "memory", usual: MEMORY_CAPABILITIES },
  { name: "file", usual: fileCapabilities(false), other: fileCapabilities(true), when: SIDECAR },
  {
    name: "direct",
    usual: directCapabilities(false),
    other: directCapabilities(true),
    when: SIDECAR,
  },
  {
    name: "s3",
    usual: s3Capabilities({ checksum: "auto" }),
    other: s3Capabilities({ checksum: "off" }),
    when: "with `s3.checksum: off`",
  },
  {
    name: "azure",
    usual: azureCapabilities({ kind: "default" }),
    other: azureCapabilities({ kind: "shared-key", key: "" }),
    when: "with an account key",
  },
];

/** The table of what each backend can do, with the meaning of each row. */
export async function capabilitiesPage(root: string): Promise<string> {
  const meanings = await capabilityMeanings(join(root, "src", "storage", "capabilities.ts"));
  const names = [...meanings.keys()];
  const rowsOf = (type: "boolean" | "number") =>
    names
      .filter((name) => typeof MEMORY_CAPABILITIES[name] === type)
      .map((name) => [code(name), ...COLUMNS.map((column) => cell(column, name))]);
  const head = ["capability", ...COLUMNS.map(({ name }) => `[${name}](${name}.md)`)];
  return `${GENERATED}

# What each backend can do

\`store.capabilities\` holds this as data. A call that needs what a store lacks fails with \`unsupported\` before any request is
sent, and names the capability. The conformance suite checks each entry against the running backend.

${markdownTable(head, rowsOf("boolean"))}

Limits:

${markdownTable(head, rowsOf("number"))}

The limits of S3 are Amazon's. Servers that speak its protocol may have others.

## What the words mean

${names.map((name) => `- \`${name}\`: ${meanings.get(name)}`).join("\n")}
`;
}

/** The doc comment of each capability in its source. Throws if one has none. */
async function capabilityMeanings(path: string): Promise<Map<keyof Capabilities, string>> {
  const source = await readFile(path, "utf8");
  const fields = source.matchAll(/(?:\/\*\* ([^\n]*) \*\/\n\s*)?readonly (\w+): \w+;/g);
  const meanings = new Map<keyof Capabilities, string>();
  for (const [, meaning, name] of fields) {
    if (meaning === undefined) throw new Error(`the capability ${name} has no doc comment`);
    meanings.set(name as keyof Capabilities, meaning);
  }
  return meanings;
}

function cell({ usual, other, when }: Column, name: keyof Capabilities): string {
  const value = usual[name];
  if (typeof value === "number") {
    // The largest buffer differs from one release of Node to the next.
    const isNode = usual === MEMORY_CAPABILITIES && value === constants.MAX_LENGTH;
    return isNode ? "the largest `Buffer`" : limit(name, value);
  }
  if (other === undefined || other[name] === value) return value ? "yes" : "no";
  return value ? `yes; no ${when}` : `only ${when}`;
}

function limit(name: keyof Capabilities, value: number): string {
  if (value === Number.MAX_SAFE_INTEGER) return "the file system's";
  if (!name.endsWith("Bytes")) return value.toLocaleString("en");
  for (const [unit, size] of [
    ["GiB", 2 ** 30],
    ["MiB", 2 ** 20],
  ] as const) {
    if (value % size === 0) return `${(value / size).toLocaleString("en")} ${unit}`;
  }
  return `${value.toLocaleString("en")} B`;
}
