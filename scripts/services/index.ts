// Real servers for the tests: Ceph radosgw, MinIO and Azurite, started on 127.0.0.1 without root and
// without a container engine. Not part of the package, and not for data that matters: what a server
// holds is gone when it stops.
// Words: a *service* can be started here; a *running service* answers requests; an *external* one
// was running before and is only used.
export { cacheFolder, exists, publishFolder } from "./cache-folder.js";
export { findProgram } from "./find-program.js";
export { runCommand } from "./run-command.js";
export type {
  Availability,
  RunningService,
  Service,
  ServiceName,
  StartOptions,
} from "./service.js";
export { SERVICE_NAMES, services } from "./services.js";
export {
  type SkippedService,
  type StartedServices,
  type StartServicesOptions,
  startServices,
} from "./start-services.js";
