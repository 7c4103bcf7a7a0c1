/** The names by which a person or a test asks for a server. */
export type ServiceName = "radosgw" | "minio" | "azurite";

export type Availability =
  | { readonly ok: true }
  /** `reason` says what this machine lacks, in a form that can be printed beside the name. */
  | { readonly ok: false; readonly reason: string };

export interface StartOptions {
  /** An existing, empty folder that belongs to the server alone; `stop` removes it. */
  readonly dataDir: string;
  /** A free TCP port on 127.0.0.1. */
  readonly port: number;
  readonly signal?: AbortSignal;
}

/** A real server that the tests can run on this machine, without root and without an engine. */
export interface Service {
  readonly name: ServiceName;

  /** Whether this machine has what the server needs; looks at tools only, never at the network. */
  availability(): Promise<Availability>;

  /** Whether everything to be downloaded or built is there already, so that `start` is quick. */
  isFetched(): Promise<boolean>;

  /** Downloads or builds what `start` needs into the cache folder; nothing when it is there. */
  fetch(signal?: AbortSignal): Promise<void>;

  /**
   * Starts the server and resolves once it answers requests; fetches first if need be.
   * On failure or abort nothing is left running.
   */
  start(options: StartOptions): Promise<RunningService>;
}

export interface RunningService {
  readonly name: ServiceName;
  /** The endpoint for clients, for example `http://127.0.0.1:23456`. */
  readonly url: string;
  /** What a client must find in its environment to use the server. */
  readonly env: Readonly<Record<string, string>>;
  /** The server's own version, or `external` for a server that was running before. */
  readonly version: string;
  /** The processes, each the leader of its own process group; none for an external server. */
  readonly pids: readonly number[];
  /** Its data folder; empty for an external server, whose data is elsewhere. */
  readonly dataDir: string;

  /** Ends the processes and removes the data folder. Leaves an external server alone. */
  stop(): Promise<void>;

  /** Lets the server outlive this process; from then on its pids are the caller's to end. */
  detach(): void;
}
