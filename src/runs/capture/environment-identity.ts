import { createRequire } from "node:module";
import type { RunEnvironment } from "../manifest/index.js";

/** What this process runs on: nothing of its variables. */
export function environmentIdentity(): RunEnvironment {
  return {
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    packages: ownVersion(),
  };
}

function ownVersion(): Record<string, string> {
  try {
    const load = createRequire(import.meta.url);
    const { version } = load("lodestore/package.json") as { version: string };
    return { lodestore: version };
  } catch (error) {
    // A program that was bundled has no packages.
    const { code } = error as { readonly code?: unknown };
    if (code === "MODULE_NOT_FOUND" || code === "ERR_PACKAGE_PATH_NOT_EXPORTED") return {};
    throw error;
  }
}
