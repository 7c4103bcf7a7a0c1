import { alignDown } from "../../../core/index.js";
import { LodeError } from "../../../errors.js";
import {
  type LocalDiskConfig,
  type LocalDiskOptions,
  resolveLocalDiskConfig,
} from "../../local-disk/index.js";

const MIB = 1 << 20;

export interface DirectConfig extends LocalDiskConfig {
  /** Bytes of one transfer, 1 to 16 MiB in whole pages. Default 4 MiB. */
  readonly blockBytes?: number | undefined;
  /** Transfers of one object side by side, 1 to 64. Default 4. */
  readonly depth?: number | undefined;
  /** Bound of the aligned memory that is kept, in bytes. Default 64 MiB. */
  readonly poolBytes?: number | undefined;
}

export interface DirectOptions extends Omit<LocalDiskOptions, "io"> {
  readonly blockBytes: number;
  readonly depth: number;
  readonly poolBytes: number;
}

/** The configuration with its defaults. Throws `invalid-config`. */
export function resolveDirectConfig(config: DirectConfig): DirectOptions {
  const { blockBytes = 4 * MIB, depth = 4, poolBytes = 64 * MIB } = config;
  if (blockBytes < MIB || blockBytes > 16 * MIB || alignDown(blockBytes) !== blockBytes) {
    throw invalid(`blockBytes ${blockBytes} is not from 1 to 16 MiB in steps of 4,096 bytes`);
  }
  if (!Number.isSafeInteger(depth) || depth < 1 || depth > 64) {
    throw invalid(`depth ${depth} is not a whole number from 1 to 64`);
  }
  if (!Number.isSafeInteger(poolBytes) || poolBytes < blockBytes) {
    throw invalid(`poolBytes ${poolBytes} holds not even one block of ${blockBytes} bytes`);
  }
  return { ...resolveLocalDiskConfig(config), blockBytes, depth, poolBytes };
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-config", message });
}
