import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { generatedDocs, staleDocs } from "./docs/generated-docs.js";

/** Writes the pages that are made from the code. */
const root = resolve(import.meta.dirname, "..");
const stale = await staleDocs();
const pages = await generatedDocs();
for (const page of stale) {
  const file = resolve(root, page);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, pages.get(page) ?? "");
  console.log(`wrote ${page}`);
}
console.log(`${pages.size} pages, ${stale.length} changed`);
