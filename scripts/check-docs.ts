import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { consoleSteps, type DocExample, docExamples, outputMatches } from "./docs/doc-example.js";
import { staleDocs } from "./docs/generated-docs.js";
import { startServices } from "./services/index.js";

/**
 * Runs the examples of README.md and docs/ as a reader would, against the built package, each page
 * in a folder of its own, and compares the output with what the page shows. Pages that begin
 * with `<!-- needs: s3 -->` find an S3 server with the bucket `my-bucket`.
 */

const ROOT = resolve(fileURLToPath(new URL(".", import.meta.url)), "..");
const PAGES = [
  "README.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join("docs", file)),
];

interface Ran {
  readonly ok: boolean;
  readonly output: string;
}

function run(
  command: string,
  args: readonly string[],
  folder: string,
  env: NodeJS.ProcessEnv,
): Ran {
  const { status, stdout, stderr } = spawnSync(command, [...args], {
    cwd: folder,
    env: { ...process.env, ...env, PATH: `${join(folder, ".bin")}:${process.env.PATH}` },
    encoding: "utf8",
    timeout: 120_000,
  });
  return { ok: status === 0, output: `${stdout}${stderr}` };
}

function runExample(
  example: DocExample,
  folder: string,
  env: NodeJS.ProcessEnv,
): string | undefined {
  if (example.language === "ts") {
    const file = join(folder, `example-${example.line}.ts`);
    writeFileSync(file, example.code);
    const tsx = join(ROOT, "node_modules", "tsx", "dist", "cli.mjs");
    const { ok, output } = run(process.execPath, [tsx, file], folder, env);
    if (!ok) return `the example fails:\n${output}`;
    if (example.output !== undefined && !outputMatches(example.output, output)) {
      return `the page shows\n${example.output}but it prints\n${output}`;
    }
    return undefined;
  }
  for (const step of consoleSteps(example.code)) {
    const { output } = run("bash", ["-c", step.command], folder, env);
    if (!outputMatches(step.output, output)) {
      return `$ ${step.command}\nthe page shows\n${step.output}but it prints\n${output}`;
    }
  }
  return undefined;
}

function pageFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "lodestore-docs-"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(ROOT, join(folder, "node_modules", "lodestore"));
  mkdirSync(join(folder, ".bin"));
  symlinkSync(join(ROOT, "bin", "lode.js"), join(folder, ".bin", "lode"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  return folder;
}

let problems = 0;
let examples = 0;
const needsS3 = PAGES.some((page) =>
  readFileSync(join(ROOT, page), "utf8").includes("<!-- needs: s3 -->"),
);
const services = needsS3 ? await startServices(["radosgw"]) : undefined;
const s3 = services?.running[0]?.env;
if (s3 !== undefined) {
  const created = run(
    process.execPath,
    [join(ROOT, "bin", "lode.js"), "create-bucket", "s3://my-bucket"],
    ROOT,
    s3,
  );
  if (!created.ok) throw new Error(`cannot make the bucket of the examples: ${created.output}`);
}
try {
  for (const page of PAGES) {
    const text = readFileSync(join(ROOT, page), "utf8");
    const needed = text.includes("<!-- needs: s3 -->");
    if (needed && s3 === undefined) {
      console.log(`skipped: ${page}: no S3 server (${services?.skipped[0]?.reason ?? ""})`);
      if (process.env.LODE_TEST_REQUIRE_ALL === "1") problems++;
      continue;
    }
    const folder = pageFolder();
    for (const example of docExamples(text)) {
      examples++;
      const problem = runExample(example, folder, needed ? { ...s3 } : {});
      if (problem === undefined) continue;
      problems++;
      console.error(`${page}:${example.line}: ${problem}`);
    }
    rmSync(folder, { recursive: true, force: true });
  }
} finally {
  await services?.stop();
}
for (const page of await staleDocs()) {
  problems++;
  console.error(`${page} is not what npm run gen makes; run it and commit the result`);
}
console.log(`docs: ${PAGES.length} pages, ${examples} examples, ${problems} problems`);
process.exit(problems === 0 ? 0 : 1);
