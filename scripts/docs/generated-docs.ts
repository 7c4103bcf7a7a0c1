import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { capabilitiesPage } from "./capabilities-page.js";
import { commandsPage } from "./commands-page.js";
import { errorsPage } from "./errors-page.js";
import { settingsPage } from "./settings-page.js";

const ROOT = resolve(import.meta.dirname, "..", "..");

/** The pages that are made from the code, by their path in the repository. */
export async function generatedDocs(): Promise<Map<string, string>> {
  return new Map([
    ["docs/backends/capabilities.md", await capabilitiesPage(ROOT)],
    ["docs/reference/cli.md", await commandsPage()],
    ["docs/reference/errors.md", errorsPage()],
    ["docs/reference/settings.md", settingsPage()],
  ]);
}

/** The generated pages whose file is missing or says something else. */
export async function staleDocs(): Promise<string[]> {
  const stale: string[] = [];
  for (const [path, text] of await generatedDocs()) {
    if ((await currentText(path)) !== text) stale.push(path);
  }
  return stale;
}

async function currentText(path: string): Promise<string | undefined> {
  try {
    return await readFile(resolve(ROOT, path), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
