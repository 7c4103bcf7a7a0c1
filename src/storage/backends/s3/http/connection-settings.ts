import type { SecureContext } from "node:tls";
import type { HttpOrigin } from "./http-types.js";

export interface ConnectionSettings {
  readonly origin: HttpOrigin;
  readonly originName: string;
  readonly context: SecureContext | undefined;
  readonly connectTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** Who keeps connections. */
export interface ConnectionKeeper<C> {
  /** The connection can take another request. */
  released(connection: C): void;
  /** The connection is gone. Called once. */
  lost(connection: C): void;
}
