// Azure Blob Storage through Microsoft's SDK, which is loaded only when a store is opened and whose
// types stay inside this folder. Objects are block blobs; not append or page blobs, not Data Lake's
// directories. Defines AzureSettings (what a user states), AzureConfig (what follows from it),
// and the metadata names that begin with `lode_`.

export { AzureBackend, openAzureBackend } from "./backend.js";
export type { AzureAuth, AzureConfig, AzureSettings } from "./config.js";
export { resolveAzureConfig } from "./config.js";
