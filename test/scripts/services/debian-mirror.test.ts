import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  findDebianMirror,
  parseLines,
  parseStanzas,
} from "../../../scripts/services/debian-mirror.js";

describe("parseLines", () => {
  it("reads options, and leaves out sources and comments", () => {
    const text = `
# deb http://old.example/debian sid main
deb-src http://a.example/debian trixie main
deb [arch=amd64 signed-by=/keys/a.gpg] http://a.example/debian trixie main contrib
deb https://b.example/debian/ trixie-updates main
`;
    expect(parseLines(text)).toEqual([
      { uri: "http://a.example/debian", suite: "trixie", signedBy: "/keys/a.gpg" },
      { uri: "https://b.example/debian/", suite: "trixie-updates" },
    ]);
  });
});

describe("parseStanzas", () => {
  it("reads each URI of the stanzas that are enabled", () => {
    const text = `Types: deb deb-src
# a comment between fields
URIs: http://a.example/debian
 http://b.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /keys/a.gpg

Types: deb
URIs: http://c.example/debian
Suites: sid
Enabled: no

Types: deb-src
URIs: http://d.example/debian
Suites: sid
`;
    expect(parseStanzas(text)).toEqual([
      { uri: "http://a.example/debian", suite: "bookworm", signedBy: "/keys/a.gpg" },
      { uri: "http://b.example/debian", suite: "bookworm", signedBy: "/keys/a.gpg" },
    ]);
  });

  it("takes a key that stands in the stanza for no path", () => {
    const text =
      "Types: deb\nURIs: http://a.example/debian\nSuites: sid\nSigned-By:\n -----BEGIN\n .\n";
    expect(parseStanzas(text)).toEqual([{ uri: "http://a.example/debian", suite: "sid" }]);
  });
});

describe("findDebianMirror", () => {
  let etc: string;

  beforeEach(async () => {
    etc = await mkdtemp(join(tmpdir(), "lodestore-etc-"));
  });

  afterEach(async () => {
    await rm(etc, { recursive: true });
  });

  it("passes over the archives of others and files that apt ignores", async () => {
    const parts = join(etc, "sources.list.d");
    await mkdir(parts);
    await writeFile(join(parts, "a.list"), "deb http://vendor.example/apt stable main\n");
    await writeFile(join(parts, "b.list.disabled"), "deb http://off.example/debian sid main\n");
    await writeFile(
      join(parts, "c.sources"),
      "Types: deb\nURIs: http://x.example/debian-security\nSuites: sid-security\n\n" +
        "Types: deb\nURIs: http://x.example/debian\nSuites: sid\n",
    );
    expect(await findDebianMirror(etc)).toEqual({ uri: "http://x.example/debian", suite: "sid" });
  });

  it("finds none where there is none", async () => {
    expect(await findDebianMirror(etc)).toBeUndefined();
  });
});
