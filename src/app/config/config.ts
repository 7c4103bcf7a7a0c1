import type { SettingName, SettingValue } from "./settings.js";

/** Which kind of place a value came from, the strongest first. */
export type OriginKind = "flag" | "environment" | "dotenv" | "project" | "user" | "default";

export interface Origin {
  readonly kind: OriginKind;
  /** For people: `--region`, `AWS_REGION`, `lode.yaml:3`; absent for defaults. */
  readonly where?: string | undefined;
}

export interface ResolvedSetting {
  readonly value: unknown;
  readonly origin: Origin;
}

/** All settings with their origins, and the environment that providers look their credentials up in. */
export class Config {
  readonly #settings: ReadonlyMap<SettingName, ResolvedSetting>;
  /** The environment with `.env` beneath it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Absolute path of the working directory, which relative paths are read from. */
  readonly cwd: string;
  /** Where interrupted transfers leave what they need to go on; absent without a home directory. */
  readonly stateFolder: string | undefined;
  /** Where what can be fetched again is kept; absent without a home directory. */
  readonly cacheFolder: string | undefined;
  /** What a user should know, such as a `LODE_` name in the environment that nothing reads. */
  readonly warnings: readonly string[];
  /** The files that were read. */
  readonly files: readonly string[];

  constructor(parts: {
    readonly settings: ReadonlyMap<SettingName, ResolvedSetting>;
    readonly environment: Readonly<Record<string, string | undefined>>;
    readonly cwd: string;
    readonly stateFolder: string | undefined;
    readonly cacheFolder: string | undefined;
    readonly warnings: readonly string[];
    readonly files: readonly string[];
  }) {
    this.#settings = parts.settings;
    this.environment = parts.environment;
    this.cwd = parts.cwd;
    this.stateFolder = parts.stateFolder;
    this.cacheFolder = parts.cacheFolder;
    this.warnings = parts.warnings;
    this.files = parts.files;
  }

  get<N extends SettingName>(name: N): SettingValue<N> {
    return this.#settings.get(name)?.value as SettingValue<N>;
  }

  origin(name: SettingName): Origin {
    return this.#settings.get(name)?.origin ?? { kind: "default" };
  }
}
