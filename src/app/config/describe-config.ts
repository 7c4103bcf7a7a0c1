import type { Config, OriginKind } from "./config.js";
import { environmentNames, SETTING_NAMES, type SettingName, settingOf } from "./settings.js";

/** One setting as shown: values of secrets and credentials within URLs are replaced by `***`. */
export interface SettingRow {
  readonly name: SettingName;
  readonly value: string;
  readonly origin: OriginKind;
  /** `--region`, `AWS_REGION`, `/project/lode.yaml:3`; absent for defaults. */
  readonly where?: string | undefined;
}

/** What the settings are and where each came from. */
export function describeConfig(config: Config, names = SETTING_NAMES): SettingRow[] {
  return names.map((name) => {
    const setting = settingOf(name);
    const value = config.get(name) as unknown;
    const { kind, where } = config.origin(name);
    const text = value === undefined ? "" : setting.format(value);
    return {
      name,
      value: setting.secret && text !== "" ? "***" : withoutCredentials(text),
      origin: kind,
      ...(where === undefined ? {} : { where }),
    };
  });
}

/** A setting as documentation tells of it. */
export interface SettingDoc {
  readonly name: SettingName;
  readonly type: string;
  readonly default: string;
  readonly environment: readonly string[];
  readonly description: string;
}

/** The table of settings, for documentation that cannot drift from the code. */
export function documentSettings(): SettingDoc[] {
  return SETTING_NAMES.map((name) => {
    const setting = settingOf(name);
    return {
      name,
      type: setting.type,
      default: setting.format(setting.default),
      environment: environmentNames(name),
      description: setting.description,
    };
  });
}

function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/, "//***@").replace(/[?].*$/, "?***");
}
