import { type TarMemberInput, tarSize, writeTar } from "../../formats/index.js";
import { assemble } from "../assemble.js";
import type { Content } from "../content.js";
import {
  CLASSES,
  type LayoutOptions,
  type ObjectLayout,
  sizeOf,
  tooSmall,
} from "../object-layout.js";
import { type PartRun, sampleParts, samplesOf } from "../sample-parts.js";

const BLOCK_BYTES = 512;
/** The header of the class, the class in a block, the header of the content. */
const FRAMING_BLOCKS = 3;
const LEAST_BLOCKS = FRAMING_BLOCKS + 1;
/** Members up to this size are made at once: a stream for each would cost more than its bytes. */
const MAX_WHOLE_BYTES = 1024 * 1024;
const END_BYTES = tarSize([]);

/** A WebDataset shard: samples of `000000.cls`, a class as text, and `000000.bin`, content in whole blocks. */
export function tarLayout(options: LayoutOptions): ObjectLayout {
  const size = sizeOf("TAR", options);
  const least = END_BYTES + (options.samples ?? 1) * LEAST_BLOCKS * BLOCK_BYTES;
  if (size < least) throw tooSmall("TAR", size, least, `${options.samples ?? 1} samples`);
  const blocks = Math.floor((size - END_BYTES) / BLOCK_BYTES);
  const parts = sampleParts(options, blocks, LEAST_BLOCKS, BLOCK_BYTES);
  const after = (size - END_BYTES) % BLOCK_BYTES;
  return {
    length: size,
    samples: samplesOf(parts),
    async *stream(content) {
      yield* writeTar(members(parts, content));
      // Readers stop at the end mark; zeros behind it are usual.
      if (after > 0) yield new Uint8Array(after);
    },
  };
}

function* members(
  parts: readonly PartRun[],
  content: Content,
): Generator<TarMemberInput, void, undefined> {
  let sample = 0;
  let offset = 0;
  for (const { count, length } of parts) {
    const size = (length - FRAMING_BLOCKS) * BLOCK_BYTES;
    const whole = size <= MAX_WHOLE_BYTES ? new Uint8Array(size) : undefined;
    for (let i = 0; i < count; i++, sample++) {
      offset += FRAMING_BLOCKS * BLOCK_BYTES;
      const key = String(sample).padStart(6, "0");
      yield {
        name: `${key}.cls`,
        data: Buffer.from(String(content.classAt(offset, CLASSES))),
      };
      const name = `${key}.bin`;
      if (whole === undefined) {
        yield { name, size, data: assemble([{ bytes: size }], content, size, offset) };
      } else {
        content.read(whole, offset);
        yield { name, data: whole };
      }
      offset += size;
    }
  }
}
