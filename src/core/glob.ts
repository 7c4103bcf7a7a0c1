import { LodeError } from "../errors.js";

/**
 * Glob patterns over keys. `*` and `?` stop at `/`; `**` does not, and as a whole segment (`a/**` +
 * `/b`) it also stands for no folder at all; `[a-z]` and `[!x]` are one character other than `/`;
 * `{a,b}` is either and may nest; `\` takes the next character literally. A leading dot is nothing
 * special, since keys have no hidden files.
 */
export interface Glob {
  readonly pattern: string;
  /** True if the pattern stands for the whole text. Takes time linear in the text's length. */
  matches(text: string): boolean;
}

type CharTest = (codePoint: number) => boolean;

/**
 * A state of the automaton: one that takes a character and goes on to `next`, or (without a test) a
 * fork that takes none. All states but the last lead somewhere.
 */
interface State {
  readonly test: CharTest | undefined;
  next: number[];
}

const SLASH = 0x2f;

/** More states than any honest pattern has; bounds the work of one character. */
const MAX_STATES = 10_000;

/** Compiles a pattern. Throws `invalid-argument` for an unclosed `[` or `{` and a trailing `\`. */
export function compileGlob(pattern: string): Glob {
  const automaton = new GlobCompiler(pattern);
  const start = automaton.compile();
  const { states, accept } = automaton;
  return { pattern, matches: (text) => run(states, start, accept, text) };
}

/** True if the text has a character that means more than itself in a pattern. */
export function hasGlob(text: string): boolean {
  return /[*?[\]{}\\]/.test(text);
}

/** The pattern that stands for this text only. */
export function escapeGlob(text: string): string {
  return text.replace(/[*?[\]{}\\]/g, "\\$&");
}

/** What every match begins with: the pattern's text before its first special character. */
export function globPrefix(pattern: string): string {
  let prefix = "";
  for (let i = 0; i < pattern.length; i++) {
    let char = pattern[i] as string;
    if (/[*?[{]/.test(char)) break;
    if (char === "\\" && i + 1 < pattern.length) char = pattern[++i] as string;
    prefix += char;
  }
  // Half of a surrogate pair would be no key.
  return /[\uD800-\uDBFF]$/.test(prefix) ? prefix.slice(0, -1) : prefix;
}

/** Steps all reachable states together, so that no pattern makes it try again. */
function run(states: readonly State[], start: number, accept: number, text: string): boolean {
  // `seen[state]` holds the step at which a state was last reached: no set is built per character.
  const seen = new Int32Array(states.length).fill(-1);
  let current: number[] = [];
  let step = 0;
  function reach(first: number, into: number[]): void {
    const open = [first];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (seen[at] === step) continue;
      seen[at] = step;
      const state = states[at] as State;
      if (state.test === undefined && at !== accept) open.push(...state.next);
      else into.push(at);
    }
  }
  reach(start, current);
  for (let i = 0; i < text.length; ) {
    const codePoint = text.codePointAt(i) as number;
    i += codePoint > 0xffff ? 2 : 1;
    step++;
    const following: number[] = [];
    for (const at of current) {
      const state = states[at] as State;
      if (state.test?.(codePoint)) for (const next of state.next) reach(next, following);
    }
    if (following.length === 0) return false;
    current = following;
  }
  return current.includes(accept);
}

/** Thompson's construction, from the end of the pattern's pieces to their beginning. */
class GlobCompiler {
  readonly states: State[] = [];
  accept = 0;
  readonly #pattern: string;
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  /** The index of the first state. */
  compile(): number {
    const start = this.#fork();
    this.accept = this.#sequence(start, 0);
    return start;
  }

  /** Takes the pattern up to its end, or inside braces to `,` or `}`; tells the state after it. */
  #sequence(from: number, depth: number): number {
    let end = from;
    while (this.#at < this.#pattern.length) {
      const char = this.#pattern[this.#at] as string;
      if (depth > 0 && (char === "," || char === "}")) return end;
      end = this.#piece(end, char, depth);
    }
    if (depth > 0) throw this.#invalid("a { has no }");
    return end;
  }

  #piece(from: number, char: string, depth: number): number {
    if (char === "*") return this.#stars(from);
    if (char === "{") return this.#alternatives(from, depth);
    if (char === "[") return this.#take(from, this.#class());
    if (char === "?") {
      this.#at++;
      return this.#take(from, notSlash);
    }
    if (char === "\\" && ++this.#at === this.#pattern.length) {
      throw this.#invalid("it ends in a backslash");
    }
    return this.#take(from, literal(this.#codePoint()));
  }

  #stars(from: number): number {
    const begin = this.#at;
    while (this.#pattern[this.#at] === "*") this.#at++;
    const deep = this.#at - begin > 1;
    const wholeSegment = deep && (begin === 0 || this.#pattern[begin - 1] === "/");
    if (!wholeSegment || this.#pattern[this.#at] !== "/") {
      return this.#repeat(from, deep ? anything : notSlash);
    }
    this.#at++;
    const end = this.#fork();
    const folders = this.#repeat(from, anything);
    this.#link(this.#take(folders, literal(SLASH)), end);
    this.#link(from, end);
    return end;
  }

  #alternatives(from: number, depth: number): number {
    const end = this.#fork();
    do {
      this.#at++;
      const branch = this.#fork();
      this.#link(from, branch);
      this.#link(this.#sequence(branch, depth + 1), end);
    } while (this.#pattern[this.#at] === ",");
    this.#at++;
    return end;
  }

  #class(): CharTest {
    this.#at++;
    const negated = /[!^]/.test(this.#pattern[this.#at] ?? "");
    if (negated) this.#at++;
    const ranges: [number, number][] = [];
    while (this.#pattern[this.#at] !== "]" || ranges.length === 0) {
      const low = this.#classMember();
      let high = low;
      if (this.#pattern[this.#at] === "-" && this.#pattern[this.#at + 1] !== "]") {
        this.#at++;
        high = this.#classMember();
        if (high < low) throw this.#invalid("a range in [ ] runs backwards");
      }
      ranges.push([low, high]);
    }
    this.#at++;
    return (c) => c !== SLASH && ranges.some(([low, high]) => c >= low && c <= high) !== negated;
  }

  #classMember(): number {
    if (this.#pattern[this.#at] === "\\") this.#at++;
    if (this.#at >= this.#pattern.length) throw this.#invalid("a [ has no ]");
    return this.#codePoint();
  }

  #codePoint(): number {
    const codePoint = this.#pattern.codePointAt(this.#at) as number;
    this.#at += codePoint > 0xffff ? 2 : 1;
    return codePoint;
  }

  /** A state that takes one character, then the fork behind it. */
  #take(from: number, test: CharTest): number {
    const end = this.#fork();
    this.#link(from, this.#add({ test, next: [end] }));
    return end;
  }

  #repeat(from: number, test: CharTest): number {
    const loop = this.#fork();
    this.#link(from, loop);
    this.#link(loop, this.#add({ test, next: [loop] }));
    const end = this.#fork();
    this.#link(loop, end);
    return end;
  }

  #fork(): number {
    return this.#add({ test: undefined, next: [] });
  }

  #link(from: number, to: number): void {
    this.states[from]?.next.push(to);
  }

  #add(state: State): number {
    if (this.states.length === MAX_STATES) throw this.#invalid("it is too long");
    return this.states.push(state) - 1;
  }

  #invalid(why: string): LodeError {
    const shown = this.#pattern.length > 80 ? `${this.#pattern.slice(0, 77)}...` : this.#pattern;
    return new LodeError({
      code: "invalid-argument",
      message: `glob ${JSON.stringify(shown)} cannot be used: ${why}; put \\ before a character to mean it literally`,
    });
  }
}

function literal(wanted: number): CharTest {
  return (codePoint) => codePoint === wanted;
}

function notSlash(codePoint: number): boolean {
  return codePoint !== SLASH;
}

function anything(): boolean {
  return true;
}
