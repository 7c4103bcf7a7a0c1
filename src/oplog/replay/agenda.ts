import { nanosBetween, type OpLogEntry } from "../entry.js";
import type { PlannedOperation } from "./plan-operation.js";
import type { StartWindow } from "./start-window.js";

/** An operation and the time that it is due at, by the clock of the replay. */
export interface DueOperation {
  readonly operation: PlannedOperation;
  readonly due: number;
}

/** Says what is to be begun next, and when. It takes its operations out of a window. */
export interface Agenda {
  /** Operations that wait, in the window and out of it. */
  readonly waiting: number;
  /** What is due first of all that may be begun; undefined while that is not known. */
  next(): DueOperation | undefined;
  /** Takes what `next` told. */
  take(): void;
  /** An operation that was taken is over. */
  ended(operation: PlannedOperation, at: number): void;
}

/** The log's time on the replay's clock: the first start that it is asked for is now. */
export class Timeline {
  readonly #now: () => number;
  readonly #speed: number;
  #first: OpLogEntry | undefined;
  #began = 0;

  constructor(now: () => number, speed: number) {
    this.#now = now;
    this.#speed = speed;
  }

  /** When the row's start is due. */
  due(row: OpLogEntry): number {
    if (this.#first === undefined) {
      this.#first = row;
      this.#began = this.#now();
    }
    return this.#began + this.scaled(nanosBetween(this.#first, row));
  }

  /** Nanoseconds of the log as milliseconds of the replay. */
  scaled(nanos: number): number {
    return nanos / 1e6 / this.#speed;
  }
}

/** Each operation at its own time, whatever the others do. */
export class OpenAgenda implements Agenda {
  readonly #window: StartWindow<PlannedOperation>;
  readonly #timeline: Timeline;

  constructor(window: StartWindow<PlannedOperation>, timeline: Timeline) {
    this.#window = window;
    this.#timeline = timeline;
  }

  get waiting(): number {
    return this.#window.size;
  }

  next(): DueOperation | undefined {
    const operation = this.#window.peek();
    if (operation === undefined) return undefined;
    return { operation, due: this.#timeline.due(operation.row) };
  }

  take(): void {
    this.#window.take();
  }

  ended(): void {}
}
