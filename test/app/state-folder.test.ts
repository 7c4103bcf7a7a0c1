import { describe, expect, it } from "vitest";
import type { AppContext } from "../../src/app/index.js";
import { usableStateFolder } from "../../src/app/state-folder.js";

async function usable(
  stateFolder: string | undefined,
  kind: Parameters<typeof usableStateFolder>[1] = "transfers",
) {
  const warnings: string[] = [];
  const onWarning = ({ message }: { message: string }) => warnings.push(message);
  const config = { stateFolder, cacheFolder: stateFolder };
  const app = { config, onWarning } as unknown as AppContext;
  return { folder: await usableStateFolder(app, kind), warnings };
}

describe("usableStateFolder", () => {
  it("takes a folder that is yet to be made", async () => {
    const folder = `${process.cwd()}/none/such`;
    for (const kind of ["transfers", "trees", "catalogues"] as const) {
      expect(await usable(folder, kind)).toEqual({ folder: `${folder}/${kind}`, warnings: [] });
    }
  });

  it("goes without one where it cannot be written, and says so", async () => {
    // No folder can be made below a file, whoever tries.
    const { folder, warnings } = await usable(`${process.execPath}/state`);
    expect(folder).toBeUndefined();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/cannot be written \(ENOTDIR\): .* will begin anew/);
    const trees = await usable(`${process.execPath}/state`, "trees");
    expect(trees.warnings[0]).toMatch(/files that have not changed will be read again/);
    expect(await usable(undefined)).toEqual({ folder: undefined, warnings: [] });
  });
});
