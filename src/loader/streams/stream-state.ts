import type { LodeError } from "../../errors.js";
import { invalid } from "../invalid.js";

/** A shard's place in the rank's order, and an item of it. */
export interface ItemPlace {
  readonly place: number;
  readonly ordinal: number;
  readonly offset: number;
}

/** What must be the same for a state to be gone on from. */
export interface StreamIdentity {
  readonly shuffle: boolean;
  readonly seed: number;
  readonly epoch: number;
  readonly shardRank: number;
  readonly shardWorldSize: number;
  readonly openShards: number;
  /** Items and bytes of the shuffle buffer. */
  readonly shuffleBuffer: number;
  readonly shuffleBufferBytes: number;
  readonly shards: number;
  /** CRC-32C of the shards' names without their folders, so that a data set may move but not change. */
  readonly shardNames: number;
}

/** Where a stream stands, as plain JSON. */
export interface StreamState {
  readonly version: 1;
  readonly stream: StreamIdentity;
  /** Items of the rank's epoch that were handed out. */
  readonly position: number;
  /** The lane that gives the next item to the buffer. */
  readonly turn: number;
  /** For each lane the item that it gave last; null before its first. */
  readonly lanes: readonly (ItemPlace | null)[];
  /** The items in the shuffle buffer, in its order. */
  readonly buffer: readonly ItemPlace[];
}

/**
 * Throws `invalid-argument` unless this is a state that `stateAt` gave, of the same stream, whose rank has so many
 * `places`.
 */
export function parseStreamState(
  state: unknown,
  identity: StreamIdentity,
  places: number,
): StreamState {
  if (!isRecord(state) || state.version !== 1 || !isRecord(state.stream)) {
    throw unusable("it is no state of a stream");
  }
  const given = state.stream;
  for (const [name, expected] of Object.entries(identity)) {
    if (given[name] !== expected) {
      throw unusable(
        `it was taken with ${NAMES[name as keyof StreamIdentity]} ${given[name]}, here it is ${expected}`,
      );
    }
  }
  const { position, turn, lanes, buffer } = state;
  const isPlace = (value: unknown): value is ItemPlace =>
    isItemPlace(value) && value.place < places;
  if (!isCount(position) || !isCount(turn)) throw unusable("it has no position");
  if (!Array.isArray(lanes) || !lanes.every((lane) => lane === null || isPlace(lane))) {
    throw unusable("its lanes are damaged");
  }
  if (
    lanes.length !== Math.min(identity.openShards, places) ||
    turn > Math.max(0, lanes.length - 1)
  ) {
    throw unusable("its lanes are not those of these shards");
  }
  if (!Array.isArray(buffer) || !buffer.every(isPlace)) throw unusable("its buffer is damaged");
  return { version: 1, stream: identity, position, turn, lanes, buffer };
}

const NAMES: Readonly<Record<keyof StreamIdentity, string>> = {
  shuffle: "shuffle",
  seed: "seed",
  epoch: "epoch",
  shardRank: "rank",
  shardWorldSize: "world size",
  openShards: "shards read side by side:",
  shuffleBuffer: "a shuffle buffer of items:",
  shuffleBufferBytes: "a shuffle buffer of bytes:",
  shards: "the number of shards",
  shardNames: "shards whose names have the checksum",
};

function isItemPlace(value: unknown): value is ItemPlace {
  return isRecord(value) && isCount(value.place) && isCount(value.ordinal) && isCount(value.offset);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function unusable(why: string): LodeError {
  return invalid(
    `the loader cannot go on from this state: ${why}; use the state of the same data set and options`,
  );
}
