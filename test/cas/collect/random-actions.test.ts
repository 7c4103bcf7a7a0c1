import { afterEach, describe, expect, it } from "vitest";
import { collectGarbage } from "../../../src/cas/collect/index.js";
import { dataKey, recipeKey, refKey } from "../../../src/cas/keys.js";
import { Lease } from "../../../src/cas/sessions/index.js";
import { isLodeError } from "../../../src/errors.js";
import {
  chunkedBlob,
  damageOf,
  hasRecipe,
  type KnownPacks,
  putSample,
  putSampleRef,
  type SampleBlob,
  treeBlob,
  wholeBlob,
} from "./sample-blobs.js";
import { type Actor, World } from "./world.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const ACTIONS = 2_500;
const SEED = Number(process.env.LODE_TEST_SEED ?? Date.now() % 1e9);

/** How many chunks there are, and how many refs stay when some are dropped. */
interface Sizes {
  readonly chunks: number;
  readonly kept: number;
}

/** So few that processes often meet at the same blob, and as many packs as a collection puts together. */
const SIZES: readonly Sizes[] = [
  { chunks: 9, kept: 5 },
  { chunks: 36, kept: 20 },
];
const PROGRAMS = [0, 1, 2, 3].map((n) => ({ seed: SEED + n, ...(SIZES[n % 2] as Sizes) }));

/** Blobs that share chunks and links. */
function universe(chunks: number): SampleBlob[] {
  const wholes = Array.from({ length: 8 }, (_, i) => wholeBlob(`whole ${i}`));
  const chunk = (i: number) => `chunk ${i % chunks};`;
  const chunked = Array.from({ length: chunks + 1 }, (_, i) =>
    chunkedBlob(chunk(i), chunk(3 * i + 1)),
  );
  const trees = Array.from({ length: 6 }, (_, i) => treeBlob(`t${i}`, wholes[i]!, chunked[i]!));
  const forests = [0, 1].map((i) => treeBlob(`f${i}`, trees[i]!, trees[i + 3]!, chunked[9]!));
  return [...wholes, ...chunked, ...trees, ...forests];
}

/** What processes do in a shared store, and what must hold at every moment of it. */
class Model {
  readonly world: World;
  readonly blobs: readonly SampleBlob[];
  /** Blobs by the key of the ref whose commit was told to have succeeded. */
  readonly committed = new Map<string, SampleBlob>();
  readonly known: KnownPacks = new Map();
  actions = 0;
  readonly counts: Record<string, number> = {};
  readonly #kept: number;
  #runs = 0;
  #failure: unknown;

  constructor(world: World, { chunks, kept }: Sizes) {
    this.world = world;
    this.blobs = universe(chunks);
    this.#kept = kept;
    world.onEffect = (operation) => {
      if (operation === "delete" || world.steps % 50 === 0) this.expectReadable();
    };
  }

  expectReadable(): void {
    for (const [owner, blob] of this.committed) {
      const damage = damageOf(blob, this.world.textOf);
      if (damage !== undefined) throw new Error(`${owner} has lost ${damage}`);
    }
  }

  count(what: string): void {
    this.actions++;
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  /** A process that begins anew when it has died. */
  async live(name: string, life: (actor: Actor) => Promise<void>): Promise<() => Promise<void>> {
    let actor = await this.world.actor(name);
    const run = (): void => {
      life(actor).catch((error: unknown) => {
        this.#failure ??= error;
      });
    };
    run();
    return async () => {
      this.world.kill(actor);
      actor = await this.world.actor(name);
      run();
    };
  }

  async goOn(): Promise<boolean> {
    const went = await this.world.step();
    if (this.#failure !== undefined) throw this.#failure;
    return went;
  }

  async write(actor: Actor): Promise<void> {
    const { world } = this;
    while (!actor.isDead) {
      const { store, clock } = actor;
      const lease = await Lease.open(store, { clock, renewEvery: Number.POSITIVE_INFINITY });
      const stored: SampleBlob[] = [];
      for (let actions = 1 + world.below(14); actions > 0; actions--) {
        const what = world.pick(["put", "put", "commit", "commit", "renew", "wait"]);
        this.count(what);
        try {
          if (what === "put") {
            const blob = world.pick(this.blobs);
            await putSample(store, lease, blob, this.known);
            stored.push(blob);
          } else if (what === "commit") await this.commit(store, lease, stored);
          else if (what === "renew") await lease.renew();
          else for (let n = world.below(200); n > 0; n--) await clock.sleep(1);
        } catch (error) {
          // What was held and not committed was collected while the session was taken for dead.
          if (!isLodeError(error, "not-found")) throw error;
          this.count("lost");
          break;
        }
      }
      if (world.chance(0.7)) await lease.close();
      await this.drop(store);
    }
  }

  async commit(store: Actor["store"], lease: Lease, stored: readonly SampleBlob[]): Promise<void> {
    const owner = `run ${++this.#runs}`;
    const blobs = stored.filter(() => this.world.chance(0.4));
    for (const { id } of blobs) await putSampleRef(store, id, owner);
    await lease.confirm();
    for (const blob of blobs) this.committed.set(`${blob.id} ${owner}`, blob);
  }

  async drop(store: Actor["store"]): Promise<void> {
    const owners = [...this.committed.keys()];
    for (
      let left = owners.length - this.#kept;
      left > 0 && this.committed.size > this.#kept && this.world.chance(0.9);
      left--
    ) {
      this.count("drop");
      const chosen = this.world.pick([...this.committed.keys()]);
      this.committed.delete(chosen);
      const [id = "", owner = ""] = chosen.split(/ (.*)/);
      await store.delete(refKey(id, "runs", owner));
    }
  }

  async collect({ store, clock, ...actor }: Actor): Promise<void> {
    const { world } = this;
    while (!actor.isDead) {
      this.count("collect");
      try {
        const grace = world.pick([0, 10 * MINUTE, HOUR]);
        const report = await collectGarbage(store, { clock, grace, restoreWindow: DAY });
        this.counts.deleted = (this.counts.deleted ?? 0) + report.deleted.blobs;
        this.counts.rescued = (this.counts.rescued ?? 0) + report.rescued.blobs;
        this.counts.repacked = (this.counts.repacked ?? 0) + report.repacked.packs;
      } catch (error) {
        if (!isLodeError(error, "precondition-failed")) throw error;
      }
      for (let n = world.below(60); n > 0; n--) await clock.sleep(1);
    }
  }

  async read({ store, clock, ...actor }: Actor): Promise<void> {
    const { world } = this;
    const text = async (key: string) => {
      try {
        return await store.text(key);
      } catch (error) {
        if (isLodeError(error, "not-found")) return undefined;
        throw error;
      }
    };
    while (!actor.isDead) {
      const owners = [...this.committed.keys()];
      const owner = owners.length === 0 ? "" : world.pick(owners);
      const blob = this.committed.get(owner);
      if (blob === undefined) {
        await text("gc/state.json");
        continue;
      }
      this.count("read");
      const key = hasRecipe(blob) ? recipeKey(blob.id) : dataKey(blob.id, "txt");
      const found = await text(key);
      if (found === undefined && this.committed.has(owner)) throw new Error(`${owner} is gone`);
      for (let n = world.below(20); n > 0; n--) await clock.sleep(1);
    }
  }
}

async function forget(world: World): Promise<void> {
  const store = await world.store();
  for (const key of world.keys("refs/")) await store.delete(key);
}

describe("writers, collectors and readers in any order", () => {
  const worlds: World[] = [];
  afterEach(() => {
    for (const world of worlds.splice(0)) world.close();
  });

  it.each(PROGRAMS)(
    "lose no byte that a committed ref reaches ($chunks chunks, seed $seed)",
    { timeout: 240_000 },
    async ({ seed, ...sizes }) => {
      const world = new World(seed);
      worlds.push(world);
      const model = new Model(world, sizes);
      const restarts = [];
      for (let n = 0; n < 4; n++) {
        restarts.push(await model.live(`writer ${n}`, (actor) => model.write(actor)));
      }
      for (let n = 0; n < 2; n++) {
        restarts.push(await model.live(`collector ${n}`, (actor) => model.collect(actor)));
      }
      await model.live("reader", (actor) => model.read(actor));
      while (model.actions < ACTIONS) {
        expect(await model.goOn()).toBe(true);
        if (world.chance(0.0015)) {
          model.count("kill");
          await world.pick(restarts)();
        }
        if (world.chance(0.003)) {
          model.count("jump");
          await world.pass(world.pick([6 * MINUTE, 20 * MINUTE, 70 * MINUTE, 3 * HOUR]));
        }
      }
      model.expectReadable();
      expect(model.counts.deleted).toBeGreaterThan(0);

      // All die; time goes by; what no ref needs goes, and the rest stays.
      const clock = { now: () => world.now, sleep: async () => undefined };
      const settle = async () => {
        const store = await world.store();
        // The packs that the first one writes anew go with the last.
        for (let n = 0; n < 7; n++) {
          await world.pass(2 * DAY);
          await collectGarbage(store, { clock, restoreWindow: DAY });
        }
      };
      for (const restart of restarts) await restart();
      world.onEffect = () => undefined;
      await settle();
      model.expectReadable();
      expect(world.keys("trash/")).toEqual([]);
      await forget(world);
      await settle();
      for (const prefix of ["data/", "packs/", "index/", "trash/", "leases/", "gc/condemned/"]) {
        expect(world.keys(prefix)).toEqual([]);
      }
    },
  );
});
