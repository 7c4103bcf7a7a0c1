/** The part of a stream that notices need. */
export interface NoticeStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/**
 * Standard error: what is for people. Holds one status line at the bottom of a terminal, which
 * other lines push down; where it is no terminal there is no status line at all.
 */
export class Notices {
  /** 0, or the number of `-v`. */
  readonly verbosity: number;
  readonly #stream: NoticeStream;
  readonly #showsStatus: boolean;
  readonly #beforeLine: () => void;
  #status = "";

  /** `beforeLine` lets data that was printed earlier come out earlier. */
  constructor(
    stream: NoticeStream,
    options: { verbosity: number; progress: boolean; beforeLine: () => void },
  ) {
    this.#stream = stream;
    this.#beforeLine = options.beforeLine;
    this.verbosity = options.verbosity;
    this.#showsStatus = options.progress && stream.isTTY === true;
  }

  get showsStatus(): boolean {
    return this.#showsStatus;
  }

  get columns(): number {
    return this.#stream.columns ?? 80;
  }

  /** A line that everybody sees. */
  line(text: string): void {
    const status = this.#status;
    this.clearStatus();
    this.#beforeLine();
    this.#stream.write(`${safeForTerminal(text)}\n`);
    if (status !== "") this.status(status);
  }

  warn(text: string): void {
    this.line(`lode: warning: ${text}`);
  }

  /** A line for `-v`. */
  info(text: string): void {
    if (this.verbosity >= 1) this.line(text);
  }

  /** A line for `-vv`. */
  debug(text: string): void {
    if (this.verbosity >= 2) this.line(text);
  }

  status(text: string): void {
    if (!this.#showsStatus) return;
    this.#status = text;
    this.#stream.write(`\r\x1b[K${text.slice(0, this.columns - 1)}`);
  }

  clearStatus(): void {
    if (this.#status === "") return;
    this.#status = "";
    this.#stream.write("\r\x1b[K");
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Keys may hold control characters, which must not steer a terminal. */
export function safeForTerminal(text: string): string {
  return text.replace(CONTROL, (char) => {
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}
