// Run by start-services.test.ts as a process of its own, which the test then kills.
import { startServices } from "../../../scripts/services/index.js";

const { running } = await startServices(["azurite"]);
const [service] = running;
process.stdout.write(JSON.stringify({ pids: service?.pids, dataDir: service?.dataDir }));
// The server does not keep this process alive.
setInterval(() => {}, 60_000);
