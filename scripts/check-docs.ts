import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { docExamples } from "./docs/doc-example.js";
import { ExampleFolder } from "./docs/example-folder.js";
import { ExampleServers, needsOf } from "./docs/example-servers.js";
import { staleDocs } from "./docs/generated-docs.js";
import { brokenLinks } from "./docs/links.js";

/**
 * Runs the examples of README.md and docs/ as a reader would, against the built package, each page
 * in a folder of its own, and compares the output with what the page shows. Checks links and
 * generated pages too. Arguments name the pages to check; without any all are checked.
 */

const ROOT = resolve(import.meta.dirname, "..");
const ALL = [
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "README.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join("docs", file))
    .sort(),
];
const named = process.argv.slice(2);
const pages = (named.length > 0 ? named : ALL).map((path) => {
  const text = readFileSync(join(ROOT, path), "utf8");
  return { path, text, needs: needsOf(text), examples: docExamples(text) };
});

let problems = 0;
function report(where: string, what: string): void {
  problems++;
  console.error(`${where}: ${what}`);
}

const servers = await ExampleServers.start(
  pages.flatMap(({ needs }) => needs),
  join(ROOT, "bin", "lode.js"),
);
try {
  for (const { path, text, needs, examples } of pages) {
    for (const link of brokenLinks(ROOT, path, text))
      report(path, `the link ${link} leads nowhere`);
    if (examples.length === 0) continue;
    const missing = servers.missing(needs);
    if (missing !== undefined) {
      console.log(`skipped: ${path}: ${missing}`);
      if (process.env.LODE_TEST_REQUIRE_ALL === "1") problems++;
      continue;
    }
    const folder = new ExampleFolder(ROOT, servers.prepare(needs));
    for (const example of examples) {
      const problem = folder.problemOf(example);
      if (problem !== undefined) report(`${path}:${example.line}`, problem);
    }
    folder.remove();
  }
} finally {
  await servers.stop();
}
for (const page of await staleDocs()) {
  report(page, "it is not what npm run gen makes; run that and commit the result");
}
const examples = pages.reduce((sum, page) => sum + page.examples.length, 0);
console.log(`docs: ${pages.length} pages, ${examples} examples, ${problems} problems`);
process.exit(problems === 0 ? 0 : 1);
