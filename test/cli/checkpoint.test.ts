import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { CheckpointStore, type SaveOptions } from "../../src/checkpoints/index.js";
import { bytesReader, openSafetensors } from "../../src/formats/index.js";
import { openStore } from "../../src/storage/index.js";
import { lode, useFolder } from "./lode.js";

const folder = useFolder();
const run = (...argv: string[]) => lode(["checkpoint", ...argv], { cwd: folder.path });
const at = (...path: string[]) => join(folder.path, ...path);

async function saving<T>(work: (checkpoints: CheckpointStore) => Promise<T>): Promise<T> {
  const checkpoints = await CheckpointStore.open(`file://${at("run")}`);
  try {
    return await work(checkpoints);
  } finally {
    await checkpoints.close();
  }
}

const save = (step: number, more: Partial<SaveOptions> = {}) =>
  saving((checkpoints) =>
    checkpoints.save({
      step,
      epoch: 1,
      framework: "torch",
      id: `20260301-00000${step}-0a1b2c3d`,
      shards: [Buffer.alloc(1000, step), Buffer.alloc(500, step)],
      ...more,
    }),
  );
const nameOf = (step: number) => `ckpt-${step}-20260301-00000${step}-0a1b2c3d`;

async function flip(key: string, offset: number): Promise<void> {
  const bytes = await readFile(at("run", key));
  bytes[offset]! ^= 1;
  await writeFile(at("run", key), bytes);
}

beforeEach(async () => {
  await save(1, { metrics: { loss: 0.5 }, userMeta: { lr: 0.001 } });
  await save(2, { metrics: { loss: 0.25 }, tags: ["best"] });
  await save(3, { metrics: { loss: 0.75 } });
});

describe("lode checkpoint ls, show", () => {
  it("lists with what points to each, the newest last", async () => {
    const { code, stdout, stderr } = await run("ls", "run");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(
      `1  2026-03-01 00:00:01  ${nameOf(1)}\n` +
        `2  2026-03-01 00:00:02  ${nameOf(2)}  tag:best\n` +
        `3  2026-03-01 00:00:03  ${nameOf(3)}  latest\n`,
    );
    expect((await run("ls", "-lh", "run")).stdout.split("\n")[0]).toBe(
      `1  2026-03-01 00:00:01  2  1.46 KiB  ${nameOf(1)}`,
    );
    expect((await run("ls", "-l", "--json", "run")).lines[1]).toMatchObject({
      type: "checkpoint",
      name: nameOf(2),
      step: 2,
      id: "20260301-000002-0a1b2c3d",
      latest: false,
      tags: ["best"],
      worldSize: 2,
      bytes: 1500,
      metrics: { loss: 0.25 },
    });
    expect(await run("ls", "empty")).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "empty has no checkpoints\n",
    });
  });

  it("lists what cannot be read too, and says so", async () => {
    await writeFile(at("run/latest.json"), "{");
    await writeFile(at("run/manifests", `${nameOf(2)}.json`), "{");
    const { code, stdout, stderr } = await run("ls", "-l", "run");
    expect(code).toBe(0);
    expect(stdout.split("\n")[1]).toBe(
      `2  2026-03-01 00:00:02  -     -  ${nameOf(2)}  tag:best  unreadable`,
    );
    expect(stderr).toContain("latest.json is no pointer");
    expect(stderr).toContain(`${nameOf(2)}.json is no checkpoint manifest`);
  });

  it("shows one with its shards", async () => {
    const { stdout } = await run("show", "--step", "1", "run");
    expect(stdout.replace(/saved {6}\S+/, "saved      TIME")).toMatchInlineSnapshot(`
      "ckpt-1-20260301-000001-0a1b2c3d
      step       1
      epoch      1
      framework  torch
      saved      TIME
      ranks      2
      bytes      1500, stored in 1500
      metrics    loss=0.5
      user meta  {"lr":0.001}

      rank  bytes  stored         checksum  key
         0   1000    1000  crc32c:a9442bb8  shards/ckpt-1-20260301-000001-0a1b2c3d/rank-0.bin
         1    500     500  crc32c:8a8bacd6  shards/ckpt-1-20260301-000001-0a1b2c3d/rank-1.bin
      "
    `);
    expect((await run("show", "run", "--json")).lines[0]).toMatchObject({
      name: nameOf(3),
      step: 3,
      status: "complete",
      userMeta: null,
      shards: [
        { rank: 0, size: 1000, logicalSize: 1000 },
        { rank: 1, size: 500 },
      ],
    });
    expect((await run("show", "--tag", "best", "--json", "run")).lines[0]).toMatchObject({
      step: 2,
    });
    expect((await run("show", "--name", nameOf(1), "--json", "run")).lines[0]).toMatchObject({
      step: 1,
    });
  });

  it.each([
    [["show", "--step", "9", "run"], 10, "no complete checkpoint of step 9"],
    [["show", "--tag", "none", "run"], 10, "no tag none"],
    [["show", "--name", "x", "run"], 2, "no name of a checkpoint"],
    [["show", "empty"], 10, "has no checkpoint"],
    [["show", "--step", "1", "--tag", "best", "run"], 2, "give one of them"],
    [["show", "--keep-last", "1", "run"], 2, "show has no option --keep-last"],
    [["shw", "run"], 2, "show"],
    [["ls", "run", "more"], 2, "lode checkpoint ls URI"],
    [["untag", "run"], 2, "lode checkpoint untag URI TAG"],
  ] as const)("refuses %j", async (argv, code, message) => {
    expect(await run(...argv)).toMatchObject({ code, stderr: expect.stringContaining(message) });
  });
});

describe("lode checkpoint verify", () => {
  it("finds no damage where there is none", async () => {
    expect(await run("verify", "run")).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "1 checkpoint verified: no damage\n",
    });
    expect((await run("verify", "--all", "--json", "run")).lines).toMatchObject([
      { type: "verified", checkpoint: nameOf(1), shards: 2, bytes: 1500, damages: 0 },
      { checkpoint: nameOf(2) },
      { checkpoint: nameOf(3) },
    ]);
  });

  it("names shard and offset of each damage, and ends with 15", async () => {
    const key = `shards/${nameOf(2)}/rank-1.bin`;
    await flip(key, 400);
    await writeFile(at("run/manifests", `${nameOf(1)}.json`), "{");
    const { code, stdout, stderr } = await run("verify", "--all", "run");
    expect(code).toBe(15);
    expect(stdout).toContain(`${nameOf(1)}  manifest: `);
    expect(stdout).toContain(`${nameOf(2)}  rank 1  byte 0  ${key}: `);
    expect(stderr).toContain("2 damaged places in 2 of 3 checkpoints");
    expect(await run("verify", "run")).toMatchObject({ code: 0 });
    expect((await run("verify", "--step", "2", "--json", "run")).lines).toMatchObject([
      { type: "damage", checkpoint: nameOf(2), rank: 1, key, offset: 0 },
      { type: "verified", damages: 1 },
      { error: { code: "integrity" } },
    ]);
    expect(await run("verify", "--quick", "--step", "2", "run")).toMatchObject({ code: 0 });
  });
});

describe("lode checkpoint load", () => {
  it("writes all shards into a folder that appears when it is whole", async () => {
    const { code, stderr } = await run("load", "-o", "out", "run");
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `${nameOf(3)}: 2 files, 1.46 KiB, in ${at("out")}\n`,
    });
    expect((await readdir(at("out"))).sort()).toEqual(["rank-0.bin", "rank-1.bin"]);
    expect(await readFile(at("out/rank-1.bin"))).toEqual(Buffer.alloc(500, 3));
    expect(await run("load", "-o", "out", "run")).toMatchObject({ code: 11 });
    await mkdir(at("void"));
    expect(await run("load", "-o", "void/", "--step", "1", "run")).toMatchObject({ code: 0 });
    expect(await readFile(at("void/rank-0.bin"))).toEqual(Buffer.alloc(1000, 1));
    expect((await readdir(folder.path)).sort()).toEqual(["out", "run", "void"]);
  });

  it("shows on a terminal how far it is", async () => {
    const terminal = { cwd: folder.path, terminal: 120 };
    const loaded = await lode(["checkpoint", "load", "-o", "new/out", "run"], terminal);
    expect(loaded).toMatchObject({ code: 0, stderr: expect.stringContaining("2 shards") });
    const verified = await lode(["checkpoint", "verify", "--all", "run"], terminal);
    expect(verified.stderr).toMatch(
      /verify ckpt-3\S+ {2}\[#{24}\] {2}1\.46 KiB\/1\.46 KiB {2}100%/,
    );
  });

  it("refuses a folder that cannot be written", async () => {
    await writeFile(at("file"), "");
    expect(await run("load", "-o", "file/out", "run")).toMatchObject({ code: 11 });
    expect(await run("load", "-o", "s3://bucket/out", "run")).toMatchObject({ code: 12 });
  });

  it("leaves nothing if a shard is damaged", async () => {
    await flip(`shards/${nameOf(3)}/rank-1.bin`, 0);
    expect(await run("load", "-o", "out", "run")).toMatchObject({
      code: 15,
      stderr: expect.stringContaining("shard 1"),
    });
    expect(await run("load", "--rank", "1", "-o", "file", "run")).toMatchObject({ code: 15 });
    expect(await readdir(folder.path)).toEqual(["run"]);
  });

  it("writes one shard to a file, to a store, and to standard output", async () => {
    expect(await run("load", "--rank", "1", "-o", "file", "run")).toMatchObject({ code: 0 });
    expect(await readFile(at("file"))).toEqual(Buffer.alloc(500, 3));
    expect(await run("load", "--rank", "0", "-o", "file", "run")).toMatchObject({ code: 11 });
    const replaced = await run("load", "--rank", "0", "-o", "file", "--replace", "--json", "run");
    expect(replaced.lines).toEqual([
      { type: "loaded", checkpoint: nameOf(3), target: expect.any(String), files: 1, bytes: 1000 },
    ]);
    expect(await readFile(at("file"))).toEqual(Buffer.alloc(1000, 3));
    const { stdout, stderr } = await run("load", "--rank", "1", "-o", "-", "run");
    expect([Buffer.from(stdout), stderr]).toEqual([Buffer.alloc(500, 3), ""]);
    expect(await run("load", "-o", "-", "run")).toMatchObject({ code: 2 });
    expect(await run("load", "run")).toMatchObject({ code: 2 });
    expect(await run("load", "--rank", "7", "-o", "-", "run")).toMatchObject({ code: 2 });
  });

  it("writes some tensors as safetensors", async () => {
    await save(4, {
      shards: [
        { "head.weight": Float32Array.of(1, 2), "body.weight": Float32Array.of(3) },
        { "head.bias": Int32Array.of(4), "body.bias": Int32Array.of(5) },
      ],
    });
    expect(await run("load", "--tensors", "head.*", "-o", "out", "run")).toMatchObject({ code: 0 });
    expect((await readdir(at("out"))).sort()).toEqual(["rank-0.safetensors", "rank-1.safetensors"]);
    const file = await openSafetensors(bytesReader(await readFile(at("out/rank-1.safetensors"))));
    expect(file.names).toEqual(["head.bias"]);
    expect((await file.readMany()).get("head.bias")?.data).toEqual(Int32Array.of(4));
    const one = ["load", "--tensors", "body.weight", "--tensors", "none", "-o", "other", "run"];
    expect(await run(...one)).toMatchObject({
      code: 10,
      stderr: expect.stringContaining('"none"'),
    });
    expect((await readdir(folder.path)).sort()).toEqual(["out", "run"]);
  });
});

describe("lode checkpoint rm, prune", () => {
  it("deletes one, and moves the pointer", async () => {
    const dry = await run("rm", "--step", "3", "--dry-run", "run");
    expect(dry).toMatchObject({
      code: 0,
      stdout: `would delete ${nameOf(3)}, 2 shards, 1.46 KiB\n`,
      stderr: "",
    });
    expect(await run("rm", "--step", "3", "run")).toMatchObject({
      code: 0,
      stderr: `deleted ${nameOf(3)}, 2 shards, 1.46 KiB\n`,
    });
    expect((await run("show", "--json", "run")).lines[0]).toMatchObject({ name: nameOf(2) });
    expect(await run("rm", "--step", "3", "run")).toMatchObject({ code: 10 });
    expect(await run("rm", "run")).toMatchObject({ code: 2 });
    expect(await run("rm", "--step", "2", "run")).toMatchObject({
      code: 11,
      stderr: expect.stringContaining("protected by the tag best"),
    });
    expect((await run("rm", "--tag", "best", "--force", "--json", "run")).lines).toEqual([
      expect.objectContaining({
        type: "deleted",
        checkpoint: nameOf(2),
        tags: ["best"],
        bytes: 1500,
      }),
    ]);
    expect((await run("ls", "run")).stdout).toBe(`1  2026-03-01 00:00:01  ${nameOf(1)}  latest\n`);
  });

  it("prunes by rules, after showing what it would do", async () => {
    await save(4);
    const rules = ["--keep-last", "1", "--keep-best", "loss:min"];
    const dry = await run("prune", ...rules, "--dry-run", "run");
    expect(dry.stdout).toBe(
      `would delete ${nameOf(1)} (1.46 KiB)\n` +
        `would keep ${nameOf(2)}: tag:best, best\n` +
        `would delete ${nameOf(3)} (1.46 KiB)\n` +
        `would keep ${nameOf(4)}: latest, last\n`,
    );
    expect(dry.stderr).toBe("would delete 2 checkpoints (2.93 KiB); 2 checkpoints stay\n");
    const { lines } = await run("prune", ...rules, "--json", "run");
    expect(lines.map(({ type, name, action }) => [type, name, action])).toEqual([
      ["checkpoint", nameOf(1), "deleted"],
      ["checkpoint", nameOf(3), "deleted"],
      ["checkpoint", nameOf(2), "kept"],
      ["checkpoint", nameOf(4), "kept"],
      ["prune-summary", undefined, undefined],
    ]);
    expect(lines.at(-1)).toMatchObject({ checkpoints: 2, bytes: 3000, kept: 2, failed: 0 });
    expect((await readdir(at("run/shards"))).sort()).toEqual([nameOf(2), nameOf(4)]);
  });

  it("removes leftovers that are old enough", async () => {
    const key = "shards/ckpt-9-x/rank-0.bin";
    const store = await openStore(`file://${at("run")}`);
    await store.put(key, "12345");
    await store.close();
    expect((await run("prune", "run")).stderr).toBe(
      "deleted nothing (0 B); 3 checkpoints stay, and 1 object of saves that may be under way\n",
    );
    const old = new Date(Date.now() - 2 * 3600 * 1000);
    await utimes(at("run", key), old, old);
    expect((await run("prune", "--orphan-age", "1h", "--dry-run", "run")).stdout).toContain(
      `would delete leftover ${key} (5 B)\n`,
    );
    expect((await run("prune", "--orphan-age", "1h", "run")).stderr).toContain(
      "deleted 1 leftover",
    );
  });

  it.each([
    [["--keep-best", "loss"], "loss:min"],
    [["--keep-best", "acc:max"], "no checkpoint has the metric"],
    [["--keep-last", "0"], "--keep-last"],
  ])("refuses %j", async (rules, message) => {
    expect(await run("prune", ...rules, "run")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(message),
    });
  });
});

describe("lode checkpoint tag, untag, repair", () => {
  it("gives tags and takes them", async () => {
    expect(await run("tag", "--step", "1", "run", "first")).toMatchObject({
      code: 0,
      stderr: `${nameOf(1)} has the tag first\n`,
    });
    expect(await run("tag", "run", "first")).toMatchObject({ code: 11 });
    expect(await run("tag", "--force", "--dry-run", "run", "first")).toMatchObject({
      stderr: `would give ${nameOf(3)} the tag first\n`,
    });
    expect(await run("tag", "--force", "run", "first")).toMatchObject({ code: 0 });
    expect((await run("ls", "run")).stdout).toContain(`${nameOf(3)}  latest  tag:first\n`);
    expect(await run("untag", "run", "first")).toMatchObject({ code: 0 });
    expect(await run("untag", "run", "first")).toMatchObject({ code: 10 });
  });

  it("mends the pointer", async () => {
    expect((await run("repair", "run")).stderr).toBe(
      `latest.json is sound: it points to ${nameOf(3)}\n`,
    );
    await writeFile(at("run/latest.json"), "{");
    expect(await run("show", "run")).toMatchObject({ code: 15 });
    expect((await run("repair", "--dry-run", "run")).stderr).toBe(
      `latest.json was damaged: it would point to ${nameOf(3)}\n`,
    );
    expect(await run("show", "run")).toMatchObject({ code: 15 });
    expect((await run("repair", "--json", "run")).lines).toEqual([
      {
        type: "repaired",
        dryRun: false,
        problem: "damaged",
        checkpoint: nameOf(3),
        unreadable: [],
      },
    ]);
    expect(await run("show", "run")).toMatchObject({ code: 0 });
  });
});
