import { afterEach, describe, expect, it } from "vitest";
import { isLodeError, type LodeError } from "../../../src/errors.js";
import { encodeNpy, type NpyArray } from "../../../src/formats/index.js";
import {
  type DecodePool,
  openDecode,
  type WorkerDecodeOptions,
  workerDecode,
} from "../../../src/loader/decode/index.js";

const module = new URL("./decoders.mjs", import.meta.url);
const open: DecodePool<unknown, unknown>[] = [];

function pool(name: string, options: Partial<WorkerDecodeOptions> = {}) {
  const made = workerDecode<unknown, never>({ module, export: name, workers: 2, ...options });
  open.push(made as DecodePool<unknown, unknown>);
  return made as DecodePool<unknown, Record<string, unknown>>;
}

const item = (index: number) => ({ index, uri: `mem://data/${index}` });

async function failureOf(promise: Promise<unknown>): Promise<LodeError> {
  const error = await promise.then(
    () => new Error("nothing failed"),
    (failure: unknown) => failure,
  );
  if (!isLodeError(error)) throw error;
  return error;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((made) => made.close()));
});

describe("workerDecode", () => {
  it("decodes npy files in workers, with a context", async () => {
    const { decode } = pool("decode", {
      module: new URL("./npy-decoder.mjs", import.meta.url),
      context: { scale: 2 },
    });
    const array: NpyArray = {
      dtype: "f4",
      shape: [2, 3],
      fortranOrder: false,
      data: new Float32Array([1, 2, 3, 4, 5, 6]),
    };
    const file = () => new Uint8Array(Buffer.concat(encodeNpy(array)));
    const decoded = await Promise.all(
      Array.from({ length: 20 }, (_, i) => decode(file(), item(i))),
    );
    const expected = { ...array, data: array.data.map((x) => x * 2) };
    for (const one of decoded) expect(one).toEqual(expected);
  });

  it("gives index, URI and context, and uses all workers", async () => {
    const made = pool("withInfo", { context: { classes: ["cat", "dog"] } });
    const all = await Promise.all([0, 1, 2, 3].map((i) => made.decode(`v${i}`, item(i))));
    expect(all.map(({ value, index, uri }) => [value, index, uri])).toEqual(
      [0, 1, 2, 3].map((i) => [`v${i}`, i, `mem://data/${i}`]),
    );
    expect(all[0]?.context).toEqual({ classes: ["cat", "dog"] });
    expect(new Set(all.map(({ threadId }) => threadId)).size).toBe(2);
  });

  it("settles in the order of completion, beyond what is slow", async () => {
    const made = pool("later", { workers: 1 });
    const order: unknown[] = [];
    await Promise.all(
      [200, 0].map((ms, i) => made.decode(ms, item(i)).then((value) => order.push(value))),
    );
    expect(order).toEqual([0, 200]);
  });

  it("moves memory that an array has whole, and copies parts of other memory", async () => {
    const made = pool("describe");
    const whole = new Uint8Array([1, 2, 3]);
    expect(await made.decode(whole, item(0))).toMatchObject({ bytes: [1, 2, 3], bufferBytes: 3 });
    expect(whole.byteLength).toBe(0);

    const pooled = Buffer.from("shared memory");
    const part = await made.decode({ part: pooled }, item(1));
    expect(part).toMatchObject({ bufferBytes: pooled.length, type: "Uint8Array" });
    expect(pooled.toString()).toBe("shared memory");

    const floats = new Float32Array([0, 1.5, 2.5, 9]).subarray(1, 3);
    expect(await made.decode(floats, item(2))).toEqual({
      bytes: [1.5, 2.5],
      bufferBytes: 8,
      type: "Float32Array",
    });
    expect(floats.buffer.byteLength).toBe(16);
  });

  it("keeps the caller's memory with copyInput", async () => {
    const made = pool("describe", { copyInput: true });
    const mine = new Uint8Array([7, 8]);
    for (const i of [0, 1])
      expect(await made.decode(mine, item(i))).toMatchObject({ bytes: [7, 8] });
    expect(mine).toEqual(new Uint8Array([7, 8]));
  });

  it("says so when memory is given twice", async () => {
    const made = pool("describe");
    const given = new Uint8Array([7, 8]);
    await made.decode(given, item(0));
    const error = await failureOf(made.decode(given, item(1)));
    expect(error.code).toBe("invalid-argument");
    expect(error.message).toContain("item 1 (mem://data/1) cannot be sent");
    expect(error.message).toContain("copyInput");
  });

  it("lets a module keep its memory by saying what to transfer", async () => {
    const keeping = pool("copiesTable");
    for (const i of [0, 1, 2, 3]) {
      expect(await keeping.decode(0, item(i))).toEqual({ table: new Float32Array([1, 2, 3]) });
    }
    const losing = pool("sameMemory", { workers: 1 });
    await losing.decode(0, item(0));
    const error = await failureOf(losing.decode(0, item(1)));
    expect(error.message).toContain("its result cannot leave the worker");
    expect((await failureOf(pool("unclonable").decode(0, item(0)))).message).toContain(
      "could not be cloned",
    );
  });

  it("tells what the module threw, of which item", async () => {
    const made = pool("fails");
    const error = await failureOf(made.decode("a.jpg", item(4)));
    expect(error).toMatchObject({ code: "unexpected", uri: "mem://data/4", details: { index: 4 } });
    expect(error.message).toBe("item 4 (mem://data/4) cannot be decoded: no picture in a.jpg");
    expect(error.cause).toMatchObject({ name: "RangeError" });
    expect(String((error.cause as Error).stack)).toContain("decoders.mjs");
    expect((await failureOf(made.decode("text", item(5)))).message).toMatch(/decoded: text$/);
    expect((await failureOf(pool("failsAsLibrary").decode(0, item(0)))).code).toBe(
      "corrupt-format",
    );
  });

  it("fails all items when the module cannot be used", async () => {
    const missing = pool("decode", { module: "/no/such/module.mjs" });
    const errors = await Promise.all(
      [0, 1, 2, 3, 4, 5].map((i) => failureOf(missing.decode(i, item(i)))),
    );
    for (const error of errors) {
      expect(error.code).toBe("invalid-argument");
      expect(error.message).toContain("file:///no/such/module.mjs");
    }
    expect((await failureOf(missing.decode(0, item(7)))).code).toBe("invalid-argument");
    const none = await failureOf(pool("notAFunction").decode(0, item(0)));
    expect(none.message).toContain("exports no function notAFunction");
    const context = await failureOf(pool("decode", { context: () => 1 }).decode(0, item(0)));
    expect(context.message).toContain("cannot be started");
  });

  it.each([
    ["exit", /exit code 3/],
    ["uncaught", /nobody caught this/],
    ["memory", /memory limit/],
  ])(
    "fails the items of a worker that dies (%s), and goes on with another",
    async (way, message) => {
      const made = pool("dies", { workers: 1, heapLimitMb: 32 });
      const dying = [made.decode(way, item(0)), made.decode("never", item(1))];
      const waiting = made.decode("live", item(2));
      const errors = await Promise.all(dying.map(failureOf));
      expect(errors[0]?.message).toMatch(
        /a decode worker ended with exit code . while it had item 0/,
      );
      expect(errors[0]?.message).toMatch(message);
      expect(errors[1]?.message).toContain("item 1 (mem://data/1)");
      expect(await waiting).toBe("live");
    },
  );

  it("gives up when workers keep dying", async () => {
    const made = pool("dies", { workers: 2 });
    const codes = await Promise.all(
      Array.from(
        { length: 20 },
        async (_, i) => (await failureOf(made.decode("exit", item(i)))).code,
      ),
    );
    expect(new Set(codes)).toEqual(new Set(["unexpected"]));
    const error = await failureOf(made.decode("live", item(20)));
    expect(error.message).toContain(
      "is given up: 3 workers have ended, the last one with exit code 3",
    );
  });

  it("ends a wait by the signal, and ignores what comes later", async () => {
    const made = pool("later", { workers: 1 });
    const stop = new AbortController();
    const running = failureOf(made.decode(50, item(0), stop.signal));
    const others = [made.decode(60, item(1)), made.decode(70, item(2))];
    const queued = failureOf(made.decode(1, item(3), stop.signal));
    stop.abort();
    expect([(await running).code, (await queued).code]).toEqual(["aborted", "aborted"]);
    expect((await failureOf(made.decode(1, item(4), stop.signal))).code).toBe("aborted");
    expect(await Promise.all(others)).toEqual([60, 70]);
  });

  it("fails what is under way when it is closed, and closes twice", async () => {
    const made = pool("never");
    const failures = [0, 1, 2, 3, 4, 5].map((i) => failureOf(made.decode(i, item(i))));
    await Promise.all([made.close(), made.close()]);
    for (const error of await Promise.all(failures)) expect(error.code).toBe("aborted");
    expect((await failureOf(made.decode(1, item(9)))).code).toBe("aborted");
    await pool("decode").close();
  });

  it("refuses a number of workers that cannot be", () => {
    expect(() => pool("decode", { workers: 0 })).toThrow(/0 decode workers/);
  });
});

describe("openDecode", () => {
  it("runs a function on this thread", async () => {
    const made = openDecode<number, number>((value, { index }) => value + index);
    expect(await made.decode(1, item(2))).toBe(3);
    await made.close();
  });
});
