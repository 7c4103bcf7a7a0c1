import type { AppContext } from "../app-context.js";
import type { BenchmarkState } from "./benchmark.js";
import { type LoaderShape, shapeFile } from "./loader-shapes.js";
import { putGenerated } from "./put-generated.js";

export interface PrepareShapeOptions {
  readonly files: number;
  /** In each file. */
  readonly samples: number;
  readonly sampleBytes?: number | undefined;
  readonly onProgress?: ((state: BenchmarkState) => void) | undefined;
}

/** Writes the files of a shape that are not there with their size. Throws the first failure. */
export async function prepareShape(
  app: AppContext,
  text: string,
  shape: LoaderShape,
  { files, samples, sampleBytes, onProgress }: PrepareShapeOptions,
): Promise<{ readonly written: number; readonly bytes: number }> {
  let written = 0;
  let bytes = 0;
  for (let file = 0; file < files; file++) {
    const { state, run } = await putGenerated(app, text, {
      concurrency: 1,
      num: 1,
      object: shapeFile(shape, samples, file, sampleBytes),
      template: `part-${String(file).padStart(5, "0")}.${shape.format}`,
      skipExisting: true,
      onProgress: (one) =>
        onProgress?.({ ...one, objects: written, totalObjects: files, bytes: bytes + one.bytes }),
    });
    const [failure] = run.failures;
    if (failure !== undefined) throw failure.error;
    written += state.objects;
    bytes += state.bytes;
  }
  return { written, bytes };
}
