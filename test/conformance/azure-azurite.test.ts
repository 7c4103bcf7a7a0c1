import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "vitest";
import { openAzureBackend, resolveAzureConfig } from "../../src/storage/backends/azure/index.js";
import {
  ALL_ODD_KEYS,
  type ConformanceTarget,
  describeConformance,
  type Expectations,
} from "../../src/testing/index.js";

const connectionString = process.env.LODE_TEST_AZURITE_CONNECTION_STRING;

/** A container of its own, deleted in the end. */
async function azuriteTarget(): Promise<ConformanceTarget> {
  const run = `conformance-${randomUUID().slice(0, 8)}`;
  const open = (container: string) =>
    openAzureBackend(resolveAzureConfig({ connectionString, container }, {}));
  const backend = await open(run);
  await backend.createContainer!();
  let siblings = 0;
  return {
    backend,
    reopen: () => open(run),
    async sibling() {
      const name = `${run}-${++siblings}`;
      return { name, backend: await open(name) };
    },
    async dispose() {
      await backend.deleteContainer!();
    },
  };
}

const AZURITE_EXPECTATIONS: Expectations = {
  putIfAbsent: "supported",
  putIfMatch: "supported",
  multipartConditional: "supported",
  copyConditional: "supported",
  serverSideCopy: "supported",
  multipart: "supported",
  resumableMultipart: "supported",
  contentType: "supported",
  userMetadata: "supported",
  putChecksum: "supported",
  storageClass: "supported",
  readInto: "not-supported",
  orderedListing: "supported",
  listStartAfter: "supported",
  presign: "supported",
  rename: "not-supported",
  containers: "supported",
  persistent: "supported",
  keyAndPrefix: "supported",
  // Names that Azure would change without a word are refused before they are sent.
  oddKeys: {
    ...ALL_ODD_KEYS,
    newline: "refused",
    "carriage-return": "refused",
    tab: "refused",
    "control-character": "refused",
    delete: "refused",
    dot: "refused",
    "dot-dot": "refused",
    "dot-segment": "refused",
    "dot-dot-segment": "refused",
    backslash: "refused",
  },
  listsBelowKeys: "supported",
  distinctNormalForms: true,
  etagChangesOnRewrite: true,
  copyOntoItself: "supported",
  checksumKept: "supported",
  multipartChecksumKept: "supported",
  emptyPart: "supported",
  uploadsOutliveWrites: "not-supported",
  noParts: "refused",
  smallParts: "supported",
  storageClassName: "Cool",
};

describe.skipIf(connectionString === undefined)("azurite", () => {
  describeConformance(
    "azure on azurite",
    azuriteTarget,
    AZURITE_EXPECTATIONS,
    { describe, it, beforeAll, afterAll },
    { races: 25 },
  );
});
