import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ByteMarker } from "./byte-marker.js";
import type { DirectionFault } from "./fault-plan.js";

/** How both sides of a connection are ended. */
export interface ConnectionEnds {
  reset(): void;
  fin(): void;
}

/** One direction of one proxied connection: passes bytes on, and damages them as it is told. */
export class FaultyDirection {
  readonly #fault: DirectionFault;
  readonly #mayFire: () => boolean;
  readonly #random: () => number;
  #marker: ByteMarker | undefined;
  /** Bytes since where the fault counts from; undefined while that has not come by. */
  #position: number | undefined;
  #broken = false;

  constructor(fault: DirectionFault | undefined, mayFire: () => boolean, random: () => number) {
    this.#fault = fault ?? {};
    this.#mayFire = mayFire;
    this.#random = random;
    this.#arm();
  }

  /** Passes everything on until the source ends or the fault breaks the connection. */
  pipe(
    source: Socket,
    sink: Socket,
    ends: ConnectionEnds,
    onChunk: (chunk: Buffer) => void = () => undefined,
  ): void {
    const copy = async (): Promise<void> => {
      for await (const chunk of source.iterator({ destroyOnReturn: false })) {
        onChunk(chunk);
        await this.#pass(chunk, sink, ends);
        if (this.#broken) return;
      }
      sink.end();
    };
    // A socket's own error ends both sides where the connection was made.
    copy().catch(() => sink.destroy());
  }

  /** Looks at what goes the other way, for faults that wait for it. */
  otherWay(chunk: Uint8Array): void {
    if (this.#fault.after?.sent !== true || this.#position !== undefined) return;
    if (this.#marker?.push(chunk) !== undefined) this.#position = 0;
  }

  #arm(): void {
    const { after } = this.#fault;
    this.#marker = after === undefined ? undefined : new ByteMarker(after.text);
    this.#position = after === undefined ? 0 : undefined;
  }

  async #pass(chunk: Buffer, sink: Socket, ends: ConnectionEnds): Promise<void> {
    const { after, latencyMs = 0, jitterMs = 0 } = this.#fault;
    if (latencyMs + jitterMs > 0) await sleep(latencyMs + this.#random() * jitterMs);
    let rest = chunk;
    if (this.#position === undefined && after?.sent !== true && this.#marker !== undefined) {
      const end = this.#marker.push(rest);
      if (end !== undefined) {
        await this.#write(rest.subarray(0, end), sink);
        rest = rest.subarray(end);
        this.#position = 0;
      }
    }
    if (this.#position === undefined) {
      await this.#write(rest, sink);
      return;
    }
    const from = this.#position;
    this.#position += rest.length;
    const { flipByte, resetAfter, finAfter, stallAfter } = this.#fault;
    if (flipByte !== undefined && flipByte >= from && flipByte < this.#position) {
      if (this.#mayFire()) {
        rest = Buffer.from(rest);
        rest[flipByte - from]! ^= 1;
      }
      if (after !== undefined) this.#arm();
    }
    const breakAt = resetAfter ?? finAfter ?? stallAfter;
    if (breakAt === undefined || from + rest.length < breakAt || !this.#mayFire()) {
      await this.#write(rest, sink);
      return;
    }
    this.#broken = true;
    await this.#write(rest.subarray(0, breakAt - from), sink);
    if (resetAfter !== undefined) ends.reset();
    else if (finAfter !== undefined) ends.fin();
  }

  async #write(bytes: Uint8Array, sink: Socket): Promise<void> {
    if (bytes.length === 0 || sink.destroyed) return;
    const pieces = this.#fault.oneByteAtATime
      ? Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
      : [bytes];
    for (const piece of pieces) {
      // Not awaiting the callback's error: the socket's own handler ends both sides.
      await new Promise<void>((resolve) => sink.write(piece, () => resolve()));
      if (pieces.length > 1) await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
