import { nanosBetween, type OpLogEntry } from "../entry.js";
import type { Agenda, DueOperation, Timeline } from "./agenda.js";
import { Heap } from "./heap.js";
import type { PlannedOperation } from "./plan-operation.js";
import type { StartWindow } from "./start-window.js";

/** Threads whose last end is remembered while they have nothing to do. */
const MAX_IDLE_THREADS = 65_536;

/** One thread of one client: operations that wait, the first one of them due at a time or running. */
interface Thread {
  readonly name: string;
  waiting: Waiting | undefined;
  lastWaiting: Waiting | undefined;
  running: boolean;
  previous: { readonly row: OpLogEntry; readonly endedAt: number } | undefined;
}

interface Waiting {
  readonly operation: PlannedOperation;
  next: Waiting | undefined;
}

/**
 * Each thread of the log does one operation after the other and pauses between them as it did in the
 * log. At most `rows` operations wait out of the window.
 */
export class ThreadAgenda implements Agenda {
  readonly #window: StartWindow<PlannedOperation>;
  readonly #timeline: Timeline;
  readonly #rows: number;
  readonly #busy = new Map<string, Thread>();
  readonly #idle = new Map<string, Thread>();
  readonly #due = new Heap<DueOperation & { readonly thread: Thread }>((a, b) => a.due - b.due);
  #waiting = 0;

  constructor(window: StartWindow<PlannedOperation>, timeline: Timeline, rows: number) {
    this.#window = window;
    this.#timeline = timeline;
    this.#rows = rows;
  }

  get waiting(): number {
    return this.#window.size + this.#waiting;
  }

  next(): DueOperation | undefined {
    while (this.#waiting < this.#rows) {
      const operation = this.#window.take();
      if (operation === undefined) break;
      this.#enqueue(operation);
    }
    return this.#due.peek();
  }

  take(): void {
    const taken = this.#due.pop();
    if (taken === undefined) return;
    const { thread } = taken;
    thread.running = true;
    thread.waiting = thread.waiting?.next;
    this.#waiting--;
  }

  ended({ row }: PlannedOperation, at: number): void {
    const thread = this.#busy.get(nameOf(row))!;
    thread.running = false;
    thread.previous = { row, endedAt: at };
    if (thread.waiting !== undefined) this.#schedule(thread, thread.waiting.operation);
    else this.#rest(thread);
  }

  #enqueue(operation: PlannedOperation): void {
    const thread = this.#wake(nameOf(operation.row));
    const waiting: Waiting = { operation, next: undefined };
    const isFirst = thread.waiting === undefined;
    if (isFirst) thread.waiting = waiting;
    else thread.lastWaiting!.next = waiting;
    thread.lastWaiting = waiting;
    this.#waiting++;
    if (isFirst && !thread.running) this.#schedule(thread, operation);
  }

  #schedule(thread: Thread, operation: PlannedOperation): void {
    this.#due.push({ operation, due: this.#dueAfter(thread.previous, operation.row), thread });
  }

  #dueAfter(previous: Thread["previous"], row: OpLogEntry): number {
    if (previous === undefined) return this.#timeline.due(row);
    const pause = nanosBetween(previous.row, row) - previous.row.durationNs;
    return previous.endedAt + this.#timeline.scaled(Math.max(0, pause));
  }

  #wake(name: string): Thread {
    const busy = this.#busy.get(name);
    if (busy !== undefined) return busy;
    const thread = this.#idle.get(name) ?? {
      name,
      waiting: undefined,
      lastWaiting: undefined,
      running: false,
      previous: undefined,
    };
    this.#idle.delete(name);
    this.#busy.set(name, thread);
    return thread;
  }

  #rest(thread: Thread): void {
    this.#busy.delete(thread.name);
    this.#idle.set(thread.name, thread);
    if (this.#idle.size <= MAX_IDLE_THREADS) return;
    for (const longest of this.#idle.keys()) {
      this.#idle.delete(longest);
      return;
    }
  }
}

function nameOf({ clientId, thread }: OpLogEntry): string {
  return `${thread} ${clientId}`;
}
