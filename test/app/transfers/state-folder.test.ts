import { describe, expect, it } from "vitest";
import type { AppContext } from "../../../src/app/index.js";
import { usableStateFolder } from "../../../src/app/transfers/state-folder.js";

async function usable(stateFolder: string | undefined) {
  const warnings: string[] = [];
  const onWarning = ({ message }: { message: string }) => warnings.push(message);
  const app = { config: { stateFolder }, onWarning } as unknown as AppContext;
  return { folder: await usableStateFolder(app), warnings };
}

describe("usableStateFolder", () => {
  it("takes a folder that is yet to be made", async () => {
    const folder = `${process.cwd()}/none/such`;
    expect(await usable(folder)).toEqual({ folder, warnings: [] });
  });

  it("goes without one where it cannot be written, and says so", async () => {
    // No folder can be made below a file, whoever tries.
    const { folder, warnings } = await usable(`${process.execPath}/state`);
    expect(folder).toBeUndefined();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/cannot be written \(ENOTDIR\): .* will begin anew/);
    expect(await usable(undefined)).toEqual({ folder: undefined, warnings: [] });
  });
});
