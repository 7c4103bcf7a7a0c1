import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CACHE } from "./neutral-server.js";

/** What is installed; torch brings the libraries of CUDA, 5 GB, and runs without a GPU. */
const PACKAGES = ["torch", "numpy", "safetensors", "boto3", "s3dlio", "webdataset", "datasets"];

/** Python with the libraries that training jobs save and read with. */
export interface PythonPeers {
  readonly python: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** Installs them from PyPI if they are not there; undefined, after a word on stderr, where that fails. */
export function installPythonPeers(): PythonPeers | undefined {
  const folder = join(CACHE, "python-peers");
  const python = join(folder, "bin", "python");
  const installs = [
    ["python3", "-m", "venv", folder],
    [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...PACKAGES],
  ];
  const imports = [python, "-c", `import ${PACKAGES.join(", ")}`];
  if (!existsSync(python) || !succeeds(imports)) {
    // What an install that was broken off left cannot be trusted.
    rmSync(folder, { recursive: true, force: true });
    process.stderr.write(`installing ${PACKAGES.join(", ")} for Python, 5 GB, some minutes\n`);
    if (![...installs, imports].every(succeeds)) {
      process.stderr.write("rows 8 and 9 are measured without their peers in Python\n");
      return undefined;
    }
  }
  const tell = `import importlib.metadata as m, json; print(json.dumps({n: m.version(n) for n in ${JSON.stringify(PACKAGES)}}))`;
  const { stdout } = spawnSync(python, ["-c", tell], { encoding: "utf8" });
  return { python, versions: JSON.parse(stdout) };
}

function succeeds([command = "", ...args]: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: ["ignore", "ignore", "inherit"] }).status === 0;
}
