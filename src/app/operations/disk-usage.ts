import type { AppContext } from "../app-context.js";
import { resolveSource } from "./resolve-source.js";
import { selectedObjects } from "./selected-objects.js";

/** How much lies below a folder. */
export interface Usage {
  /** The URI of the folder, or of the object that was named. */
  readonly uri: string;
  readonly objects: number;
  /** In bytes. */
  readonly bytes: number;
}

interface Sum {
  objects: number;
  bytes: number;
}

/**
 * Sums of a location and of its folders down to `depth` levels (0: the total alone), the total
 * last. Memory grows with the number of folders that are told, never with that of objects.
 */
export async function* diskUsage(
  app: AppContext,
  text: string,
  depth = 0,
): AsyncGenerator<Usage, void, undefined> {
  for (const source of await resolveSource(app, text, { recursive: true })) {
    const base = source.kind === "object" ? source.key : source.folder;
    const folders = new Map<string, Sum>();
    const total: Sum = { objects: 0, bytes: 0 };
    for await (const objects of selectedObjects(source, app.signal)) {
      for (const { key, size } of objects) {
        add(total, size);
        const parts = key.slice(base.length).split("/").slice(0, -1).slice(0, depth);
        let folder = base;
        for (const part of parts) {
          folder += `${part}/`;
          let sum = folders.get(folder);
          if (sum === undefined) {
            sum = { objects: 0, bytes: 0 };
            folders.set(folder, sum);
          }
          add(sum, size);
        }
      }
    }
    for (const [folder, sum] of folders) yield { uri: source.store.uriOf(folder), ...sum };
    yield { uri: base === "" ? source.store.uri : source.store.uriOf(base), ...total };
  }
}

function add(sum: Sum, size: number): void {
  sum.objects++;
  sum.bytes += size;
}
