import assert from "node:assert/strict";
import type { Backend } from "../../storage/index.js";
import { type ConformanceCase, casesOf } from "./conformance-case.js";
import { type Expectations, ODD_KEYS, type OddKeyName } from "./expectations.js";
import { assertMissing, assertObject, assertRejects, bytesOf, listKeys } from "./probes.js";

/** Odd keys through every call. */
export function keyCases(expect: Expectations): ConformanceCase[] {
  const cases: Record<string, ConformanceCase["run"]> = {};
  for (const [name, key] of Object.entries(ODD_KEYS) as [OddKeyName, string][]) {
    const support = expect.oddKeys[name];
    if (support === "refused") cases[`refuses the odd key ${name}`] = refuses(key);
    else if (support === "mangled") cases[`mangles the odd key ${name}`] = mangles(key);
    else cases[`keeps the odd key ${name}`] = keeps(key, name);
  }
  if (expect.distinctNormalForms) {
    cases["keeps keys of two Unicode normal forms apart"] = async ({ backend }) => {
      await backend.put("caf\u00e9", bytesOf("composed"));
      await backend.put("cafe\u0301", bytesOf("decomposed"));
      await assertObject(backend, "caf\u00e9", bytesOf("composed"));
      await assertObject(backend, "cafe\u0301", bytesOf("decomposed"));
      assert.equal((await listKeys(backend)).length, 2);
    };
  }
  cases["keeps keys apart that differ in case only"] = async ({ backend }) => {
    await backend.put("Name", bytesOf("upper"));
    await backend.put("name", bytesOf("lower"));
    await assertObject(backend, "Name", bytesOf("upper"));
    await assertObject(backend, "name", bytesOf("lower"));
  };
  if (expect.keyAndPrefix === "not-supported") {
    cases["refuses an object above or below another one"] = async ({ backend }) => {
      await backend.put("a", bytesOf("kept"));
      await assertRejects(backend.put("a/b", bytesOf("x")), "invalid-key");
      await backend.put("c/d", bytesOf("kept"));
      await assertRejects(backend.put("c", bytesOf("x")), "invalid-key");
      await assertRejects(backend.get("c"), "not-found");
      await assertRejects(backend.get("a/b"), "not-found");
      assert.deepEqual(new Set(await listKeys(backend)), new Set(["a", "c/d"]));
    };
  }
  return casesOf("keys", cases);
}

function keeps(key: string, name: OddKeyName): ConformanceCase["run"] {
  return async ({ backend, expect }) => {
    const value = bytesOf(`value of ${name}`);
    await backend.put(key, value);
    await assertObject(backend, key, value);
    assert.equal((await backend.head(key)).key, key);
    assert.deepEqual(await listKeys(backend), [key]);
    assert.deepEqual(await listKeys(backend, { prefix: key }), [key]);
    await backend.copy(key, "plain");
    await assertObject(backend, "plain", value);
    await backend.deleteMany([key]);
    await assertMissing(backend, key);
    await backend.copy("plain", key);
    await assertObject(backend, key, value);
    if (expect.oddKeys[name] === "put-only") {
      await assertRejects(uploadTo(backend, key), "invalid-key");
    } else if (expect.multipart === "supported") {
      const upload = await backend.startMultipart(key);
      await upload.putPart(1, bytesOf("in parts"));
      await upload.complete();
      await assertObject(backend, key, bytesOf("in parts"));
    }
    const results = await backend.deleteMany([key, "plain"]);
    assert.deepEqual(
      results.map((result) => result.key),
      [key, "plain"],
    );
    assert.deepEqual(await listKeys(backend), []);
  };
}

/** An upload that is refused at its start, or at the latest when it completes. */
async function uploadTo(backend: Backend, key: string): Promise<void> {
  const upload = await backend.startMultipart(key);
  try {
    await upload.putPart(1, bytesOf("x"));
    await upload.complete();
  } catch (error) {
    await upload.abort();
    throw error;
  }
}

/** Recorded so that it is noticed when the server gets better. */
function mangles(key: string): ConformanceCase["run"] {
  return async ({ backend }) => {
    await backend.put(key, bytesOf("x"));
    const listed = await listKeys(backend);
    assert.equal(listed.length, 1);
    assert.notEqual(listed[0], key);
  };
}

function refuses(key: string): ConformanceCase["run"] {
  return async ({ backend }) => {
    await assertRejects(backend.put(key, bytesOf("x")), "invalid-key");
    await assertRejects(uploadTo(backend, key), "invalid-key");
    await backend.put("plain", bytesOf("x"));
    await assertRejects(backend.copy("plain", key), "invalid-key");
    await assertRejects(backend.get(key), "invalid-key", "not-found");
    assert.deepEqual(await listKeys(backend), ["plain"]);
  };
}
