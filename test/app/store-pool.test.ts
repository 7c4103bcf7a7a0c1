import { describe, expect, it } from "vitest";
import { locationOf, StorePool } from "../../src/app/index.js";
import { LodeError } from "../../src/errors.js";
import { ObjectStore, openStore } from "../../src/storage/index.js";

function pool() {
  const opened: string[] = [];
  const stores = new StorePool({ env: {} }, async (uri, options) => {
    opened.push(uri);
    if (uri.includes("broken")) throw new LodeError({ code: "connection", message: "no" });
    return openStore(`mem://pool-${encodeURIComponent(uri)}`, options);
  });
  return { opened, stores };
}

const at = (uri: string) => locationOf(uri, "/");

describe("StorePool", () => {
  it("opens each container once, also when asked at the same time", async () => {
    const { opened, stores } = pool();
    const places = await Promise.all(
      ["s3://a/x", "s3://a/y/z", "s3://b/x"].map((uri) => stores.locate(at(uri))),
    );
    expect(opened).toEqual(["s3://a", "s3://b"]);
    expect(places[0]?.store).toBe(places[1]?.store);
    expect(places.map((place) => place.key)).toEqual(["x", "y/z", "x"]);
    expect(places[0]?.store).toBeInstanceOf(ObjectStore);
  });

  it("tries again after a failure", async () => {
    const { opened, stores } = pool();
    await expect(stores.locate(at("s3://broken/x"))).rejects.toMatchObject({ code: "connection" });
    await expect(stores.locate(at("s3://broken/x"))).rejects.toMatchObject({ code: "connection" });
    expect(opened).toEqual(["s3://broken", "s3://broken"]);
  });

  it("opens anew after close, and closing survives what never opened", async () => {
    const { opened, stores } = pool();
    await stores.locate(at("s3://a/x"));
    stores.store("s3://broken").catch(() => undefined);
    await stores.close();
    await stores.locate(at("s3://a/x"));
    expect(opened).toEqual(["s3://a", "s3://broken", "s3://a"]);
  });
});
