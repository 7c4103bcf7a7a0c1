import { azurite } from "./azurite.js";
import { minio } from "./minio.js";
import { radosgw } from "./radosgw.js";
import type { Service, ServiceName } from "./service.js";

export const services: Readonly<Record<ServiceName, Service>> = { radosgw, minio, azurite };

export const SERVICE_NAMES = Object.keys(services) as readonly ServiceName[];
