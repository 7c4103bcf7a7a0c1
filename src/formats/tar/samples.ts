import { LodeError } from "../../errors.js";
import { corruptTar } from "./corrupt-tar.js";
import { BLOCK_BYTES, paddedSize } from "./header-block.js";
import { MemberHeaders, type TarEntry, type TarReadOptions } from "./member-headers.js";
import { type ReadTarOptions, readWhole } from "./read-tar.js";
import { splitMemberName } from "./split-member-name.js";
import { StreamInput } from "./tar-input.js";
import type { TarMemberInput } from "./write-tar.js";

/** The members of a WebDataset shard that stand together and share a key. */
export interface Sample {
  /** What their names have before the first dot of the last part, folders included. */
  readonly key: string;
  /** What follows that dot, in lower case, to the bytes: `jpg`, `seg.png`. */
  readonly fields: ReadonlyMap<string, Uint8Array>;
}

/** A sample and where it stands in its archive. */
export interface PlacedSample extends Sample {
  /** In bytes from the archive's start: reading can begin here again, and gives this sample first. */
  readonly offset: number;
  /** Bytes of its fields. */
  readonly byteLength: number;
}

export interface ReadSamplesOptions extends TarReadOptions, Pick<ReadTarOptions, "copy"> {
  /** The most that one sample may hold, in bytes; 1 GiB unless told otherwise. `corrupt-format` beyond. */
  readonly maxSampleBytes?: number;
}

export interface ReadPlacedSamplesOptions extends ReadSamplesOptions {
  /** Where in the archive the source begins: 0, or the `offset` of a sample. */
  readonly position?: number;
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
  for await (const { key, fields } of readPlacedSamples(source, options)) yield { key, fields };
}

/**
 * As {@link readSamples}, from any sample on. Global pax headers in front of that sample are not known then; no
 * program writes into them what concerns members' names and sizes.
 */
export async function* readPlacedSamples(
  source: AsyncIterable<Uint8Array>,
  options: ReadPlacedSamplesOptions = {},
): AsyncGenerator<PlacedSample, void, undefined> {
  const { maxSampleBytes = MAX_SAMPLE_BYTES, position = 0, copy = true, ...tarOptions } = options;
  const input = new StreamInput(source, position);
  const headers = new MemberHeaders(input, tarOptions);
  let sample: OpenSample | undefined;
  let ended = false;
  try {
    for (;;) {
      const headerAt = input.position;
      const entry = await headers.next();
      if (entry === undefined) break;
      const end = entry.offset + paddedSize(entry.size);
      const split = splitMemberName(entry.name);
      if (split !== undefined) {
        if (split.key !== sample?.key) {
          if (sample !== undefined) yield sample;
          sample = new OpenSample(split.key, headerAt);
        }
        sample.check(entry, split.field, maxSampleBytes);
        sample.add(split.field, await readWhole(input, entry.size, copy));
      }
      await input.skip(end - input.position);
    }
    if (sample !== undefined) yield sample;
    await input.drain();
    ended = true;
  } finally {
    if (!ended) await input.close();
  }
}

/** A sample whose members are still coming. */
class OpenSample implements PlacedSample {
  readonly key: string;
  readonly offset: number;
  readonly fields = new Map<string, Uint8Array>();
  byteLength = 0;

  constructor(key: string, offset: number) {
    this.key = key;
    this.offset = offset;
  }

  /** Before memory is taken for another field. */
  check({ offset, size }: TarEntry, field: string, maxBytes: number): void {
    const shown = JSON.stringify(this.key);
    // Each field costs its header too, so that endless empty ones do not fill the memory.
    if (this.byteLength + size + (this.fields.size + 1) * BLOCK_BYTES > maxBytes) {
      throw corruptTar(
        offset,
        `the sample ${shown} has more than ${maxBytes} bytes; raise maxSampleBytes if it should`,
      );
    }
    if (this.fields.has(field)) {
      throw corruptTar(offset, `the sample ${shown} has its field ${JSON.stringify(field)} twice`);
    }
  }

  add(field: string, data: Uint8Array): void {
    this.fields.set(field, data);
    this.byteLength += data.length;
  }
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
