import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly license: string;
}

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
const sources = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => ({ file, text: readFileSync(join("src", file), "utf8") }));

/** Packages that are never loaded with the library, only by the call that needs them. */
const LAZY =
  /^(@aws-sdk\/|@azure\/|@node-rs\/|re2js|yaml|@bokuweb\/|zstddec|h5wasm|hyparquet|libsql)/;

function packageOf(specifier: string): string {
  const parts = specifier.split("/");
  return parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}

describe("the package", () => {
  it("imports exactly the packages that it declares", () => {
    const imported = new Set<string>();
    for (const { text } of sources) {
      for (const match of text.matchAll(/(?:from |import\(\s*|\)\()"([^."\s][^"\s]*)"/g)) {
        const specifier = match[1] ?? "";
        if (!specifier.startsWith("node:") && specifier !== "lodestore") {
          imported.add(packageOf(specifier));
        }
      }
    }
    expect([...imported].sort()).toEqual(Object.keys(manifest.dependencies).sort());
  });

  it("imports SDKs and native modules only when they are needed", () => {
    const eager = sources.flatMap(({ file, text }) =>
      [...text.matchAll(/^(?:import|export)(?! type)[^;]*?from "([^."\s][^"\s]*)"/gm)]
        .map((match) => match[1] ?? "")
        .filter((specifier) => LAZY.test(specifier))
        .map((specifier) => `${file}: ${specifier}`),
    );
    // The folder of the Azure backend is itself loaded lazily, by the registry.
    expect(eager.filter((line) => !line.startsWith("storage/backends/azure/"))).toEqual([]);
  });

  it("is under a licence that its own dependencies allow", () => {
    expect(manifest.license).toBe("Apache-2.0");
    const one = "(MIT|Apache-2\\.0|BSD-[23]-Clause|ISC|MPL-2\\.0|0BSD)";
    const allowed = new RegExp(`: ${one}( AND ${one})*$`);
    const list = execFileSync("npm", ["ls", "--omit=dev", "--all", "--parseable"], {
      encoding: "utf8",
    });
    const folders = list
      .trim()
      .split("\n")
      .filter((line) => line.includes("node_modules"));
    expect(folders.length).toBeGreaterThan(10);
    for (const folder of folders) {
      const { name, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
        name: string;
        license?: string;
      };
      // Its licence is NIST's own, which allows any use: docs/decisions/0001-dependencies.md.
      if (name === "lodestore-bench" || name === "h5wasm") continue;
      expect(`${name}: ${license}`).toMatch(allowed);
    }
  });
});
