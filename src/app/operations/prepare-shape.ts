import { LodeError } from "../../errors.js";
import type { AppContext } from "../app-context.js";
import type { BenchmarkState } from "./benchmark.js";
import { LOADER_SHAPES, type ShapeName, shapeFile } from "./loader-shapes.js";
import { type PutStatus, putGenerated } from "./put-generated.js";

export interface PrepareShapeOptions {
  /** The shape's unless given; so are the others. */
  readonly files?: number | undefined;
  /** In each file. */
  readonly samples?: number | undefined;
  readonly sampleBytes?: number | undefined;
  /** Only tell what would be written. */
  readonly dryRun?: boolean | undefined;
  readonly onObject?: ((uri: string, bytes: number, status: PutStatus) => void) | undefined;
  readonly onProgress?: ((state: BenchmarkState) => void) | undefined;
}

/** Writes the files of a shape that are not there with their size. Throws the first failure, and `invalid-argument` without a shape. */
export async function prepareShape(
  app: AppContext,
  text: string,
  name: ShapeName | undefined,
  options: PrepareShapeOptions,
): Promise<{ readonly written: number; readonly bytes: number }> {
  if (name === undefined) {
    throw new LodeError({
      code: "invalid-argument",
      message: "a data set can only be prepared for a shape; name one, or make it by lode generate",
    });
  }
  const shape = LOADER_SHAPES[name];
  const { files = shape.files, samples = shape.samplesPerFile, sampleBytes } = options;
  const { dryRun, onObject, onProgress } = options;
  let written = 0;
  let bytes = 0;
  for (let file = 0; file < files; file++) {
    const { state, run } = await putGenerated(app, text, {
      concurrency: 1,
      num: 1,
      object: shapeFile(shape, samples, file, sampleBytes),
      template: `part-${String(file).padStart(5, "0")}.${shape.format}`,
      skipExisting: true,
      dryRun,
      onObject,
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
