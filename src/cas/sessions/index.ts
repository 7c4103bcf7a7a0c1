// Leases: how a writer says that it is there and what it relies on, so that no collection takes it away. Knows nothing of
// how blobs are written. Defines lease, hold (rely on a blob or pack, which is then safe until the lease is closed)
// and confirm (nobody has taken the lease for dead).
export { Lease, type LeaseOptions } from "./lease.js";
export { LEASES, listLeases, type StoredLease } from "./lease-record.js";
