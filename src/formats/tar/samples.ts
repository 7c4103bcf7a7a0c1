import { LodeError } from "../../errors.js";
import { corruptTar } from "./corrupt-tar.js";
import { BLOCK_BYTES } from "./header-block.js";
import type { TarReadOptions } from "./member-headers.js";
import { type ReadTarOptions, readTar } from "./read-tar.js";
import { splitMemberName } from "./split-member-name.js";
import type { TarMemberInput } from "./write-tar.js";

/** The members of a WebDataset shard that stand together and share a key. */
export interface Sample {
  /** What their names have before the first dot of the last part, folders included. */
  readonly key: string;
  /** What follows that dot, in lower case, to the bytes: `jpg`, `seg.png`. */
  readonly fields: ReadonlyMap<string, Uint8Array>;
}

export interface ReadSamplesOptions extends TarReadOptions, Pick<ReadTarOptions, "copy"> {
  /** The most that one sample may hold, in bytes; 1 GiB unless told otherwise. `corrupt-format` beyond. */
  readonly maxSampleBytes?: number;
}

const MAX_SAMPLE_BYTES = 1024 ** 3;

/**
 * The samples of a WebDataset shard, as webdataset 1.0 groups them: only members that follow each other;
 * names without a dot and those whose first part is `__…__` are left out. A field that comes twice in a sample is
 * `corrupt-format`. With `copy: false` the source's chunks must stay as they are: then fields are views of them.
 */
export async function* readSamples(
  source: AsyncIterable<Uint8Array>,
  options: ReadSamplesOptions = {},
): AsyncGenerator<Sample, void, undefined> {
  const { maxSampleBytes = MAX_SAMPLE_BYTES, ...tarOptions } = options;
  let key: string | undefined;
  let fields = new Map<string, Uint8Array>();
  let bytes = 0;
  for await (const member of readTar(source, { ...tarOptions, wholeBytes: maxSampleBytes })) {
    const split = splitMemberName(member.name);
    if (split === undefined) continue;
    if (split.key !== key) {
      if (key !== undefined) yield { key, fields };
      key = split.key;
      fields = new Map();
      bytes = 0;
    }
    // Each field costs its header too, so that endless empty ones do not fill the memory.
    bytes += member.size + BLOCK_BYTES;
    if (member.data === undefined || bytes > maxSampleBytes) {
      throw corruptTar(
        member.offset,
        `the sample ${JSON.stringify(key)} has more than ${maxSampleBytes} bytes; raise maxSampleBytes if it should`,
      );
    }
    if (fields.has(split.field)) {
      throw corruptTar(
        member.offset,
        `the sample ${JSON.stringify(key)} has its field ${JSON.stringify(split.field)} twice`,
      );
    }
    fields.set(split.field, member.data);
  }
  if (key !== undefined) yield { key, fields };
}

/**
 * The members of a sample, to be written by `writeTar`, in the order of their fields' names. Throws `invalid-argument`
 * for a key or field that would be read back as another one.
 */
export function sampleMembers(sample: Sample): TarMemberInput[] {
  return [...sample.fields.keys()].sort().map((field) => {
    const name = `${sample.key}.${field}`;
    const split = splitMemberName(name);
    if (split?.key !== sample.key || split.field !== field) {
      throw new LodeError({
        code: "invalid-argument",
        message: `the sample ${JSON.stringify(sample.key)} cannot have a field ${JSON.stringify(field)}: the name ${JSON.stringify(name)} would be read otherwise`,
      });
    }
    return { name, data: sample.fields.get(field) as Uint8Array };
  });
}
