// Settings: which there are (one typed table), where their values come from (flag, environment, .env,
// project file, user file, default) and what each origin was. It reads files and what it is handed,
// never the process. Not credentials: providers look those up in `Config.environment` by their
// own chains. Defines the words Setting, Config and Origin.

export { formatByteSize, parseByteSize } from "./byte-size.js";
export { Config, type Origin, type OriginKind } from "./config.js";
export {
  describeConfig,
  documentSettings,
  type SettingDoc,
  type SettingRow,
} from "./describe-config.js";
export { formatDuration, parseDuration } from "./duration.js";
export { type ConfigSources, loadConfig, requireSettingName } from "./load-config.js";
export {
  environmentName,
  environmentNames,
  SETTING_NAMES,
  type SettingName,
  type SettingValue,
} from "./settings.js";
