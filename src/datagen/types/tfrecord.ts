import { crc32c } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import {
  encodeTfRecordIndex,
  type TfRecordEntry,
  tfRecordFooter,
  tfRecordHeader,
  tfRecordSize,
} from "../../formats/index.js";
import { assemble, type Segment } from "../assemble.js";
import type { Content } from "../content.js";
import {
  CLASSES,
  type LayoutOptions,
  type ObjectLayout,
  sizeOf,
  tooSmall,
} from "../object-layout.js";
import { type PartRun, sampleParts, samplesOf } from "../sample-parts.js";
import { type ExampleForm, exampleForm, exampleHead } from "./example-head.js";

/** With a label and one byte of image. */
const LEAST_BYTES = tfRecordSize(exampleHead(0, { imageBytes: 1, padding: 0 }).length + 1);
/** Readers take no more by default, and no length needs five bytes. */
const MOST_BYTES = 256 * 1024 * 1024;

interface RecordRun extends PartRun {
  readonly form: ExampleForm;
}

/** Records of tf.train.Example with `label`, a class, and `image`, bytes. */
export function tfRecordLayout(options: LayoutOptions): ObjectLayout {
  const size = sizeOf("TFRECORD", options);
  const least = (options.samples ?? 1) * LEAST_BYTES;
  if (size < least) throw tooSmall("TFRECORD", size, least, `${options.samples ?? 1} records`);
  const parts = sampleParts(options, size, LEAST_BYTES);
  const runs = parts.map((run) => ({ ...run, form: formOf(run.length) }));
  return {
    length: size,
    samples: samplesOf(runs),
    pieceBytes: parts[0]?.length,
    stream: (content) => assemble(recordSegments(runs, content), content, size),
    indexFile: () => encodeTfRecordIndex([...entries(runs)], "text"),
  };
}

function formOf(length: number): ExampleForm {
  const form = length > MOST_BYTES ? undefined : exampleForm(length - tfRecordSize(0));
  if (form !== undefined) return form;
  throw new LodeError({
    code: "invalid-argument",
    message: `a record of ${length} bytes cannot hold a tf.train.Example: choose from ${LEAST_BYTES} to ${MOST_BYTES} (recordSize or samples)`,
  });
}

function* recordSegments(
  runs: readonly RecordRun[],
  content: Content,
): Generator<Segment, void, undefined> {
  let offset = 0;
  for (const { count, length, form } of runs) {
    const heads = Array.from({ length: CLASSES }, (_, label) => exampleHead(label, form));
    const crcs = heads.map((head) => crc32c(head));
    const header = tfRecordHeader((heads[0] as Uint8Array).length + form.imageBytes);
    for (let i = 0; i < count; i++, offset += length) {
      const label = content.classAt(offset, CLASSES);
      let crc = crcs[label] as number;
      yield header;
      yield heads[label] as Uint8Array;
      yield {
        bytes: form.imageBytes,
        onPiece(piece) {
          crc = crc32c(piece, crc);
        },
      };
      yield tfRecordFooter(crc);
    }
  }
}

function* entries(runs: readonly PartRun[]): Generator<TfRecordEntry, void, undefined> {
  let offset = 0;
  for (const { count, length } of runs) {
    for (let i = 0; i < count; i++, offset += length) yield { offset, length };
  }
}
