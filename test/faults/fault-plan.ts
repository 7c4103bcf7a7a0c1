/** What goes wrong with the bytes of one direction of a connection. Offsets count from 0. */
export interface DirectionFault {
  /**
   * Offsets count from the end of this text (Latin-1) instead of from the connection's first byte:
   * a text that went the same way, or for `toClient` with `sent` one that went to the server. The
   * fault is looked for again after it has happened.
   */
  readonly after?: { readonly text: string; readonly sent?: boolean } | undefined;
  /** How often it happens over all connections that share this object. Default: without end. */
  readonly times?: number | undefined;
  /** The connection is reset (RST, both sides) when so many bytes have passed. */
  readonly resetAfter?: number | undefined;
  /** The connection is ended in order (FIN, both sides) when so many bytes have passed. */
  readonly finAfter?: number | undefined;
  /** Nothing passes any more after so many bytes; the connection stays open. */
  readonly stallAfter?: number | undefined;
  /** The lowest bit of the byte at this offset is changed. */
  readonly flipByte?: number | undefined;
  /** Chunks are passed on this much later, in milliseconds. */
  readonly latencyMs?: number | undefined;
  /** Up to so many milliseconds more, by the proxy's random numbers. */
  readonly jitterMs?: number | undefined;
  /** Every byte is written by itself. */
  readonly oneByteAtATime?: boolean | undefined;
}

export interface ConnectionFault {
  readonly toServer?: DirectionFault | undefined;
  readonly toClient?: DirectionFault | undefined;
}

/** Decides about a connection by its number, from 0. */
export type FaultPlan = (connection: number) => ConnectionFault | undefined;

/** Wears off after `count` connections. */
export function firstConnections(count: number, fault: ConnectionFault): FaultPlan {
  return (connection) => (connection < count ? fault : undefined);
}

/**
 * Breaks a share of the connections at a place drawn from `random`: reset, FIN or cut to single bytes,
 * in either direction.
 */
export function randomFaults(random: () => number, share: number, maxOffset: number): FaultPlan {
  return () => {
    const hit = random() < share;
    const kind = Math.floor(random() * 3);
    const offset = Math.floor(random() * maxOffset);
    const upwards = random() < 0.5;
    if (!hit) return undefined;
    const fault: DirectionFault =
      kind === 0 ? { resetAfter: offset } : kind === 1 ? { finAfter: offset } : { latencyMs: 1 };
    return upwards ? { toServer: fault } : { toClient: fault };
  };
}
