import assert from "node:assert/strict";
import type { Backend } from "../../storage/index.js";
import { type ConformanceCase, type ConformanceContext, casesOf } from "./conformance-case.js";
import type { Expectations } from "./expectations.js";
import { assertObject, assertRejects, bytesOf, emptyContainer, listKeys } from "./probes.js";

/** Buckets, folders and containers, on one that does not exist before the case. */
export function containerCases(expect: Expectations): ConformanceCase[] {
  if (expect.containers !== "supported") return [];
  return casesOf("containers", {
    "creates, lists and deletes one": async (context) => {
      await withSibling(context, async (backend, name) => {
        assert.ok(!(await names(backend)).includes(name), "listed before it was created");
        await backend.createContainer!();
        assert.ok((await names(backend)).includes(name), "not listed");
        await backend.put("a", bytesOf("x"));
        await assertObject(backend, "a", bytesOf("x"));
        await backend.deleteMany(["a"]);
        await backend.deleteContainer!();
        assert.ok(!(await names(backend)).includes(name), "listed after it was deleted");
      });
    },
    "says already-exists when it is created again": async (context) => {
      await withSibling(context, async (backend) => {
        await backend.createContainer!();
        await backend.put("a", bytesOf("kept"));
        await assertRejects(backend.createContainer!(), "already-exists");
        await assertObject(backend, "a", bytesOf("kept"));
      });
    },
    "does not delete one that holds objects": async (context) => {
      await withSibling(context, async (backend) => {
        await backend.createContainer!();
        await backend.put("folder/a", bytesOf("kept"));
        await assertRejects(backend.deleteContainer!(), "precondition-failed");
        await assertObject(backend, "folder/a", bytesOf("kept"));
      });
    },
    "says not-found of objects, listings and writes in a missing one": async (context) => {
      await withSibling(context, async (backend) => {
        await assertRejects(backend.head("a"), "not-found");
        await assertRejects(backend.get("a"), "not-found");
        await assertRejects(listKeys(backend), "not-found");
        await assertRejects(backend.put("a", bytesOf("x")), "not-found");
        await assertRejects(backend.deleteContainer!(), "not-found");
      });
    },
  });
}

async function withSibling(
  context: ConformanceContext,
  run: (backend: Backend, name: string) => Promise<void>,
): Promise<void> {
  assert.ok(context.sibling !== undefined, "a setup with containers tells how to make another");
  const { backend, name } = await context.sibling();
  try {
    await run(backend, name);
  } finally {
    if ((await names(backend)).includes(name)) {
      await emptyContainer(backend);
      await backend.deleteContainer!();
    }
    await backend.close?.();
  }
}

async function names(backend: Backend): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of backend.listContainers!()) found.push(name);
  return found;
}
