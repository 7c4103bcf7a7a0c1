/** One fenced block of a page that a reader could run, with the output that the page shows. */
export interface DocExample {
  /** `ts`: a module; `console`: commands behind `$ `, each followed by its output. */
  readonly language: "ts" | "console";
  readonly code: string;
  /** Marked `any-numbers`: sizes, times and rates may differ from those on the page. */
  readonly anyNumbers: boolean;
  /** Marked `in-repository`: runs there and not in the page's own folder. */
  readonly inRepository: boolean;
  /** Of a `ts` block: the `text` block right behind it. */
  readonly output: string | undefined;
  /** Line of the page on which the block begins, from 1. */
  readonly line: number;
}

/** One command of a `console` block and the output shown below it. */
export interface ConsoleStep {
  readonly command: string;
  readonly output: string;
}

/** The blocks ` ```ts ` and ` ```console ` of a page; those marked `no-run` are left out. */
export function docExamples(markdown: string): DocExample[] {
  const blocks = [...markdown.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    info: (match[1] ?? "").trim().split(/\s+/),
    code: match[2] ?? "",
    start: match.index,
    end: match.index + match[0].length,
  }));
  return blocks.flatMap(({ info, code, start, end }, index) => {
    const language = info[0];
    if ((language !== "ts" && language !== "console") || info.includes("no-run")) return [];
    const next = blocks[index + 1];
    const shown =
      next?.info[0] === "text" && markdown.slice(end, next.start).trim() === ""
        ? next.code
        : undefined;
    const line = markdown.slice(0, start).split("\n").length;
    const anyNumbers = info.includes("any-numbers");
    const inRepository = info.includes("in-repository");
    return [{ language, code, anyNumbers, inRepository, output: shown, line }];
  });
}

/**
 * The commands of a `console` block. A line that ends with `\` goes on in the next one; lines that begin with
 * `> ` right behind a command belong to it, as a shell shows them.
 */
export function consoleSteps(code: string): ConsoleStep[] {
  const steps: { command: string; output: string }[] = [];
  let inCommand = false;
  for (const line of code.trimEnd().split("\n")) {
    const last = steps.at(-1);
    if (line.startsWith("$ ")) {
      steps.push({ command: line.slice(2), output: "" });
      inCommand = true;
    } else if (last === undefined) {
      throw new Error(`a console block begins with output: ${line}`);
    } else if (inCommand && last.command.endsWith("\\")) {
      last.command += `\n${line}`;
    } else if (inCommand && (line.startsWith("> ") || line === ">")) {
      last.command += `\n${line.slice(2)}`;
    } else {
      last.output += `${line}\n`;
      inCommand = false;
    }
  }
  return steps;
}

/**
 * Whether real output is what a page shows. In the page `...` alone on a line stands for any lines or none,
 * and `…` within a line for any characters: for times, sizes of the machine and the like. With
 * `anyNumbers` a number stands for any number, and a rate's unit for a larger or smaller one.
 */
export function outputMatches(shown: string, real: string, anyNumbers = false): boolean {
  const lines = shown.trimEnd().split("\n");
  const pattern = lines
    .map((line) =>
      line.trim() === "..." ? "(?:[^\\n]*\\n)*?" : `${linePattern(line, anyNumbers)}\\s*\\n`,
    )
    .join("");
  return new RegExp(`^${pattern}$`).test(`${real.trimEnd()}\n`);
}

/** Spaces at the end of a line do not count; numbers of other length move what is aligned. */
function linePattern(line: string, anyNumbers: boolean): string {
  const escaped = line
    .trimEnd()
    .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
    .replaceAll("…", "[^\\n]*");
  if (!anyNumbers) return escaped;
  return escaped
    .replace(/\d(?:[\d,]|\\\.(?=\d))*/g, "[\\d,.]+")
    .replace(/\b[kMG]B\/s/g, "[kMG]B/s")
    .replace(/ +/g, " +");
}
