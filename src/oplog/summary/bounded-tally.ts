/** Longest text that is kept whole, in characters. */
const MAX_TEXT = 300;

export interface CountedText {
  readonly text: string;
  readonly count: number;
}

/** Counts texts in bounded memory: the first `limit` different ones each, all others together. */
export class BoundedTally {
  readonly #limit: number;
  readonly #counts = new Map<string, number>();
  #others = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(text: string): void {
    const kept = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
    const count = this.#counts.get(kept);
    if (count === undefined && this.#counts.size >= this.#limit) this.#others++;
    else this.#counts.set(kept, (count ?? 0) + 1);
  }

  /** How often a text came that was not among the first. */
  get others(): number {
    return this.#others;
  }

  /** The commonest first, at most `limit`. */
  commonest(limit: number): CountedText[] {
    return [...this.#counts]
      .map(([text, count]) => ({ text, count }))
      .sort((a, b) => b.count - a.count)
      .slice(0, limit);
  }

  /** Those that are counted each, in the order of their characters. */
  texts(): string[] {
    return [...this.#counts.keys()].sort();
  }
}
