import { median } from "./rounds.js";

/** A number of each client and round. */
export class Findings {
  readonly #what: string;
  readonly #found = new Map<string, number[]>();

  constructor(what: string) {
    this.#what = what;
  }

  tell(name: string, value: number): void {
    this.#found.set(name, [...(this.#found.get(name) ?? []), value]);
  }

  /** The medians, and whether the most of all rounds is within `most`. */
  lines(most?: number): string[] {
    if (this.#found.size === 0) return [];
    const medians = [...this.#found].map(
      ([name, values]) => `${name} ${Math.round(median(values)).toLocaleString("en")}`,
    );
    const lines = [`${this.#what}: ${medians.join("; ")}.`];
    if (most !== undefined) {
      const worst = Math.max(...[...this.#found.values()].flat());
      const word = worst <= most ? "met" : "MISSED";
      lines.push(`Target: at most ${most} ${this.#what}: ${worst}, ${word}.`);
    }
    return lines;
  }
}
