import { HandedOut, type ReadBatch } from "./pipeline/index.js";

/** Where a loader stands: what was handed out of which epoch. */
export class EpochPosition {
  readonly epoch: number;
  /** The batch that comes next. */
  step: number;
  /** Items of the epoch that were left out. */
  skipped: number;
  readonly handedOut: HandedOut;
  /** What the source goes on from; null at the begin of an epoch, and for sources that need nothing. */
  source: unknown;

  constructor(
    epoch: number,
    { step = 0, skipped = 0, handedOut = new HandedOut(), source = null as unknown } = {},
  ) {
    this.epoch = epoch;
    this.step = step;
    this.skipped = skipped;
    this.handedOut = handedOut;
    this.source = source;
  }

  /** The batch was handed out. */
  pass({ batch, positions, skipped }: ReadBatch<unknown, unknown>): void {
    for (const position of positions) this.handedOut.add(position);
    this.step = batch.step + 1;
    this.skipped += skipped;
  }
}
