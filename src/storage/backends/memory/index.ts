// Objects in this process's memory, shared by name: the reference that says what each call means,
// for tests and for short-lived data. Not a cache and not bounded: what is put stays until it is
// deleted or the store is dropped. Defines MemoryBackend and MemoryConfig.

export { MemoryBackend, openMemoryBackend } from "./backend.js";
export type { MemoryConfig } from "./config.js";
export { dropMemoryStore } from "./memory-store.js";
