import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { consoleSteps, type DocExample, outputMatches } from "./doc-example.js";

/** Between the outputs of two commands: nothing prints this by itself. */
const MARK = "\u001e--next-step--\u001e";

/** A reader's folder for one page, in which `lode` and `import "lodestore"` work. */
export class ExampleFolder {
  readonly #root: string;
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;

  /** `root`: the repository, built; `env`: beyond what every page finds. */
  constructor(root: string, env: Readonly<Record<string, string>>) {
    this.#root = root;
    this.#folder = realpathSync(mkdtempSync(join(tmpdir(), "lodestore-docs-")));
    const bin = join(this.#folder, ".bin");
    const home = join(this.#folder, ".home");
    for (const folder of [bin, home, join(this.#folder, "node_modules")]) mkdirSync(folder);
    symlinkSync(root, join(this.#folder, "node_modules", "lodestore"));
    symlinkSync(join(root, "bin", "lode.js"), join(bin, "lode"));
    writeFileSync(join(this.#folder, "package.json"), '{ "type": "module" }\n');
    // Settings and credentials of whoever runs this must not show.
    const own = Object.entries(process.env).filter(
      ([name]) => !/^(LODE|AWS|AZURE|XDG)_/.test(name),
    );
    this.#env = {
      ...Object.fromEntries(own),
      ...env,
      HOME: home,
      PATH: `${bin}:${process.env.PATH}`,
    };
  }

  /** What is wrong with an example; undefined if it does what the page shows. */
  problemOf(example: DocExample): string | undefined {
    return example.language === "ts" ? this.#moduleProblem(example) : this.#shellProblem(example);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #moduleProblem({ code, line, output: shown, anyNumbers }: DocExample): string | undefined {
    const file = join(this.#folder, `example-${line}.ts`);
    writeFileSync(file, code);
    const tsx = join(this.#root, "node_modules", "tsx", "dist", "cli.mjs");
    const { status, output } = this.#run(process.execPath, [tsx, file]);
    rmSync(file);
    if (status !== 0) return `the example fails:\n${output}`;
    if (shown === undefined || outputMatches(shown, output, anyNumbers)) return undefined;
    return `the page shows\n${shown}but it prints\n${output}`;
  }

  /** One shell for the block, so that `cd` and variables last; both outputs as a terminal mixes them. */
  #shellProblem({ code, anyNumbers, inRepository }: DocExample): string | undefined {
    const steps = consoleSteps(code);
    const script = steps.map(({ command }) => `${command}\nprintf '%s' '${MARK}'`).join("\n");
    const { output } = this.#run("bash", ["-c", `exec 2>&1\n${script}`], inRepository);
    const outputs = output.split(MARK);
    for (const [index, step] of steps.entries()) {
      const real = outputs[index] ?? "";
      if (outputMatches(step.output, real, anyNumbers)) continue;
      return `$ ${step.command}\nthe page shows\n${step.output}but it prints\n${real}`;
    }
    return undefined;
  }

  #run(
    command: string,
    args: readonly string[],
    inRepository = false,
  ): { status: number | null; output: string } {
    const { status, stdout, stderr } = spawnSync(command, [...args], {
      cwd: inRepository ? this.#root : this.#folder,
      env: this.#env,
      encoding: "utf8",
      timeout: 120_000,
    });
    return { status, output: `${stdout}${stderr}` };
  }
}
