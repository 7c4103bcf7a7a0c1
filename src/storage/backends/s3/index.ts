// The S3 backend: a thin client of our own for AWS S3 and servers that speak its protocol. It signs,
// sends, reads replies strictly and maps errors; it does not retry (a layer does), split transfers
// (transfer/ does), or load an SDK unless credentials need AWS's standard chain. Words: an address is
// where a bucket's calls go, an endpoint the server behind it, a sender the one who signs and sends.

export { openS3Backend, S3Backend } from "./backend.js";
export { S3_CAPABILITIES } from "./capabilities.js";
export type {
  ChecksumMode,
  PayloadSigning,
  ResolvedS3Config,
  S3Config,
} from "./config.js";
export { resolveS3Config } from "./config.js";
export type { CredentialsSource } from "./credentials.js";
export type { AddressingStyle } from "./endpoint.js";
export type { Environment } from "./shared-config.js";
export type { S3Credentials } from "./sigv4.js";
