import { resolve } from "node:path";
import { isLodeError, LodeError } from "../errors.js";
import { checkRunType, type RunType } from "./manifest/index.js";
import { checkStorageMode, type StorageMode } from "./views/index.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** Below the working directory. */
const LOCAL = ".lode/runs";
const SEED_PREFIX = "mltrack";

/** Where runs are kept unless told: in the bucket of `MLTRACK_S3_BUCKET`, else in `.lode/runs` here. */
export function defaultUri(env: Environment): string {
  const bucket = env.MLTRACK_S3_BUCKET;
  if (bucket === undefined || bucket === "") return `file://${resolve(LOCAL)}`;
  return `s3://${bucket}/${env.MLTRACK_S3_PREFIX || SEED_PREFIX}`;
}

export interface RunDefaults {
  readonly runType: RunType;
  readonly storageModes: readonly StorageMode[];
}

/** Options come before `MLTRACK_DEFAULT_*`. Throws `invalid-argument` for the former, `invalid-config` for the latter. */
export function runDefaults(
  options: {
    readonly defaultRunType?: RunType | undefined;
    readonly defaultStorageMode?: StorageMode | undefined;
  },
  env: Environment,
): RunDefaults {
  return {
    runType:
      options.defaultRunType === undefined
        ? (setting(env, "MLTRACK_DEFAULT_RUN_TYPE", checkRunType) ?? "experiment")
        : checkRunType(options.defaultRunType),
    storageModes: [
      options.defaultStorageMode === undefined
        ? (setting(env, "MLTRACK_DEFAULT_STORAGE_MODE", checkStorageMode) ?? "by_project")
        : checkStorageMode(options.defaultStorageMode),
    ],
  };
}

function setting<T>(env: Environment, name: string, check: (text: string) => T): T | undefined {
  const text = env[name];
  if (text === undefined || text === "") return undefined;
  try {
    return check(text);
  } catch (error) {
    if (!isLodeError(error, "invalid-argument")) throw error;
    throw new LodeError({
      code: "invalid-config",
      message: `${name} cannot be used: ${error.message}`,
      cause: error,
    });
  }
}
