import { join } from "node:path";

export interface CephConfigOptions {
  readonly dataDir: string;
  /** Where Ceph's plug-ins are. */
  readonly libDir: string;
  /** The UUID of the cluster. */
  readonly fsid: string;
  readonly monPort: number;
  readonly rgwPort: number;
}

type Section = Readonly<Record<string, string | number | boolean>>;

/** What the server can hold in memory; a test run needs far less. */
const STORE_BYTES = 4 * 1024 ** 3;

/**
 * The configuration of the smallest cluster that serves S3: one monitor, one OSD that keeps
 * everything in memory, one gateway, no authentication inside. Options:
 * https://docs.ceph.com/en/latest/rados/configuration/
 */
export function cephConfig(options: CephConfigOptions): string {
  const sections: Record<string, Section> = {
    global: { ...clusterOptions(options), ...folderOptions(options), ...poolOptions() },
    "mon.a": {
      "mon data": join(options.dataDir, "mon"),
      "public addr": `v2:127.0.0.1:${options.monPort}`,
    },
    osd: {
      "osd data": join(options.dataDir, "osd"),
      "osd objectstore": "memstore",
      "memstore device bytes": STORE_BYTES,
      "public addr": "127.0.0.1",
      "cluster addr": "127.0.0.1",
      // `start` reads from the log that the OSD has joined the cluster.
      "debug osd": "1/5",
      // An S3 key may have 1024 bytes; the gateway adds to it and escapes it.
      "osd max object name len": 4096,
    },
    "client.rgw.a": {
      // Without tcp_nodelay a small response waits for the client's delayed acknowledgement.
      "rgw frontends": `beast endpoint=127.0.0.1:${options.rgwPort} tcp_nodelay=1`,
      "rgw dns name": "localhost",
      "rgw run sync thread": false,
      // Deleted objects wait two hours by default, and the store in memory is full before that.
      "rgw gc obj min wait": 5,
      "rgw gc processor period": 5,
      "rgw gc processor max time": 5,
      "rgw override bucket index max shards": 1,
      "debug rgw": 0,
    },
  };
  return Object.entries(sections)
    .map(([name, section]) => [`[${name}]`, ...Object.entries(section).map(toLine), ""].join("\n"))
    .join("\n");
}

function toLine([name, value]: [string, string | number | boolean]): string {
  return `${name.replaceAll(" ", "_")} = ${value}`;
}

function clusterOptions({ fsid, monPort }: CephConfigOptions): Section {
  const authentication = ["cluster", "service", "client"].map((kind) => [
    `auth ${kind} required`,
    "none",
  ]);
  // The default mode of most connections is encrypted, which needs the keys of authentication.
  const messenger = ["cluster", "service", "client", "mon cluster", "mon service", "mon client"];
  return {
    fsid,
    "mon host": `[v2:127.0.0.1:${monPort}]`,
    "mon initial members": "a",
    ...Object.fromEntries(authentication),
    ...Object.fromEntries(messenger.map((kind) => [`ms ${kind} mode`, "crc"])),
    "ms bind ipv6": false,
    // A single monitor has nobody to agree with, so it need not collect proposals first.
    "paxos propose interval": 0.05,
    "paxos min wait": 0.01,
    "mon tick interval": 1,
    // Data is in memory; how full the disk with the monitor's few files is does not matter.
    "mon data avail crit": 1,
  };
}

function folderOptions({ dataDir, libDir }: CephConfigOptions): Section {
  return {
    "plugin dir": join(libDir, "ceph"),
    "erasure code dir": join(libDir, "ceph", "erasure-code"),
    "osd class dir": join(libDir, "rados-classes"),
    "run dir": dataDir,
    // Off: its path may be longer than the 107 bytes that a socket's name may have.
    "admin socket": "",
    "pid file": "",
    "log file": join(dataDir, "log", "$name.log"),
    "mon cluster log file": join(dataDir, "log", "cluster.log"),
    "crash dir": join(dataDir, "log"),
  };
}

/** One copy in one placement group: there is only one OSD. */
function poolOptions(): Section {
  return {
    "osd pool default size": 1,
    "osd pool default min size": 1,
    "osd pool default pg num": 1,
    "osd pool default pgp num": 1,
    "osd pool default pg autoscale mode": "off",
    "osd crush chooseleaf type": 0,
    "mon allow pool size one": true,
    "mon max pg per osd": 2000,
    "osd class default list": "*",
    "osd class load list": "*",
  };
}
