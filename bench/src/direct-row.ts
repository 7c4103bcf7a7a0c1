import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { CACHE } from "./neutral-server.js";
import type { Contender } from "./rounds.js";
import type { Bench, Row } from "./rows.js";

const MIB = 2 ** 20;

/** Row 7: what is written past the page cache and synced to a real disk, against dd. */
export function directRow(bench: Bench): Row {
  const target = join(CACHE, "direct-target");
  const tsx = join(import.meta.dirname, "..", "..", "node_modules", "tsx", "dist", "cli.mjs");
  const lode = join(import.meta.dirname, "..", "..", "bin", "lode.js");
  const program = join(import.meta.dirname, "..", "programs", "direct-put.ts");
  const contender = (name: string, command: string[]): Contender => ({
    name,
    program: { command },
    prepare: () => rmSync(target, { force: true }),
    check: () => {
      if (statSync(target).size !== bench.bigSize) throw new Error(`${name} wrote another size`);
    },
  });
  const dd = [
    "dd",
    `if=${bench.bigFile}`,
    `of=${target}`,
    "bs=8M",
    "oflag=direct",
    "conv=fdatasync",
  ];
  return {
    number: 7,
    title: `direct:// write of ${bench.bigSize / MIB} MiB with fsync`,
    unit: { amount: bench.bigSize / 1e9, name: "GB" },
    contenders: [
      contender("lodestore", [process.execPath, tsx, program, bench.bigFile, target]),
      contender("lode", [process.execPath, lode, "cp", bench.bigFile, `direct://${target}`]),
      contender("dd", dd),
    ],
    targets: [{ against: "dd", speed: 0.9 }],
    ownSeconds: true,
  };
}
