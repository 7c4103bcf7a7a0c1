import { sideBySide } from "../../core/index.js";
import { isLodeError } from "../../errors.js";
import { type Recipe, type RecipeRun, readRecipe, recipeContent } from "../blobs/index.js";
import { packKey, recipeKey } from "../keys.js";
import type { PackFooter } from "../packs/index.js";
import type { BlobEntry } from "./blob-entries.js";
import type { CheckContext } from "./check-context.js";
import { type ToldOfBlob, wrongMetadata } from "./check-metadata.js";
import { flawOf } from "./check-packs.js";
import { checkLinks } from "./check-pointers.js";
import { contentFlaw } from "./content-flaw.js";
import type { FindingKind } from "./finding.js";

/** Packs of one recipe that are looked at side by side. */
const PACKS = 4;
const ADVICE = "repair brings it back from the trash or fetches it from a mirror";
const RECIPE_ADVICE = "repair mends it if its bytes are there, or fetches the blob from a mirror";

/** A chunked blob: its recipe can be read, its packs are there and have what it wants of them, and its bytes are right if they are read. */
export async function checkRecipe(
  check: CheckContext,
  { id }: BlobEntry,
  told: ToldOfBlob | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { store } = check;
  const key = recipeKey(id);
  let recipe: Recipe;
  try {
    recipe = await readRecipe(store, id, { signal });
  } catch (error) {
    // Deleted since it was listed.
    if (isLodeError(error, "not-found")) return;
    if (!isLodeError(error, "integrity")) throw error;
    const flaw = flawOf(error.details, error.message);
    return check.found({ kind: "corrupt", key, blob: id, ...flaw, advice: RECIPE_ADVICE });
  }
  const { size, format } = recipe;
  if (told?.size !== undefined && told.size !== size) {
    await wrongMetadata(check, id, `it tells of ${told.size} bytes where there are ${size}`);
  }
  await checkLinks(check, recipe, signal);
  const flawed = await checkPacksOf(check, recipe, signal);
  if (flawed || !check.isRead(id)) return;
  const facts = { id, size, format, key, layout: "chunked" } as const;
  const content = recipeContent(store, check.footers, recipe);
  const flaw = await contentFlaw(check, facts, content, signal);
  if (flaw === undefined) return;
  await check.found({ kind: "corrupt", blob: id, ...flaw, advice: ADVICE });
}

/** Whether something was found. */
async function checkPacksOf(
  check: CheckContext,
  recipe: Recipe,
  signal: AbortSignal,
): Promise<boolean> {
  const runs = new Map<string, RecipeRun[]>();
  for (const run of recipe.runs) {
    const pack = recipe.packs[run[0]]!;
    const known = runs.get(pack);
    if (known === undefined) runs.set(pack, [run]);
    else known.push(run);
  }
  const flawed = await sideBySide([...runs], PACKS, signal, ([pack, own], stop) =>
    checkPackOf(check, recipe, pack, own, stop),
  );
  return flawed.includes(true);
}

async function checkPackOf(
  check: CheckContext,
  recipe: Recipe,
  pack: string,
  runs: readonly RecipeRun[],
  signal: AbortSignal,
): Promise<boolean> {
  const { blob } = recipe;
  const tell = async (kind: FindingKind, key: string, reason: string, advice: string) => {
    await check.found({ kind, key, blob, pack, reason, advice });
    return true;
  };
  try {
    const footer = await check.footers.get(pack, signal);
    const wrong = wrongRun(footer, runs);
    return wrong !== undefined && (await tell("corrupt", recipeKey(blob), wrong, RECIPE_ADVICE));
  } catch (error) {
    if (isLodeError(error, "integrity")) {
      return tell("corrupt", packKey(pack), flawOf(error.details, error.message).reason, ADVICE);
    }
    if (!isLodeError(error, "not-found")) throw error;
    if (!(await isStillNamed(check, recipe, pack, signal))) return false;
    return tell("missing", packKey(pack), "the recipe of a blob needs it", ADVICE);
  }
}

function wrongRun(footer: PackFooter, runs: readonly RecipeRun[]): string | undefined {
  for (const [, first, entries, bytes] of runs) {
    if (first + entries > footer.count) {
      return `it wants chunk ${first + entries - 1} of the pack ${footer.pack}, which has ${footer.count}`;
    }
    let plain = 0;
    for (let entry = first; entry < first + entries; entry++) plain += footer.plainBytes(entry);
    if (plain !== bytes) {
      return `it tells of ${bytes} bytes from chunk ${first} on of the pack ${footer.pack}, where there are ${plain}`;
    }
  }
  return undefined;
}

/** Repacking may have changed the recipe, and a collection may have taken the blob. */
async function isStillNamed(
  check: CheckContext,
  { blob }: Recipe,
  pack: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return (await readRecipe(check.store, blob, { signal })).packs.includes(pack);
  } catch (error) {
    if (isLodeError(error, "not-found")) return false;
    throw error;
  }
}
