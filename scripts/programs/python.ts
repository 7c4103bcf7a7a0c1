import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder, exists, findProgram, publishFolder, runCommand } from "../services/index.js";
import type { Program } from "./program.js";

/** What is installed, each at one version. */
const REQUIREMENTS = join(dirname(fileURLToPath(import.meta.url)), "python-requirements.txt");

/** Changes with the list, so that an older folder is not taken for the new one. */
function folder(): string {
  const lines = readFileSync(REQUIREMENTS, "utf8").split("\n");
  const names = lines.filter((line) => /^[a-z]/.test(line)).map((line) => line.replace("==", "-"));
  return join(cacheFolder(), `python-${names.join("-")}`);
}

/** Python with the programs that formats are checked with: `python-requirements.txt` names them. */
export const python: Program = {
  name: "python",

  async availability() {
    if (await this.isFetched()) return { ok: true };
    return (await findProgram("python3")) === undefined
      ? { ok: false, reason: "needs python3 with venv" }
      : { ok: true };
  },

  isFetched: () => exists(folder()),

  async fetch(signal) {
    const options = signal === undefined ? {} : { signal };
    // A folder of modules, not a virtual environment: it can be renamed into its place.
    await publishFolder(folder(), async (target) => {
      const environment = join(target, "environment");
      await runCommand("python3", ["-m", "venv", environment], options);
      const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
      const into = ["--target", join(target, "modules"), "-r", REQUIREMENTS];
      await runCommand(join(environment, "bin", "python"), [...pip, ...into], options);
    });
  },

  path: () => join(folder(), "modules"),
};
