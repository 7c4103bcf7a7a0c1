import type { BlobId } from "../../cas/index.js";
import { LodeError } from "../../errors.js";
import type { PlacedFile } from "./placed-files.js";

/** Equal contents of files, which are in the blob once. */
interface RunContent {
  readonly offset: number;
  readonly size: number;
  readonly files: PlacedFile[];
}

/** Contents that lie near each other in one blob and are read in one go. */
export interface FileRun {
  readonly blob: BlobId;
  readonly start: number;
  readonly end: number;
  /** In order of their places. */
  readonly contents: readonly RunContent[];
}

/** Reading over a gap of this size costs less than another read. */
const MAX_GAP_BYTES = 256 * 1024;

/** The runs in which these files of groups are read. */
export function fileRuns(files: readonly PlacedFile[]): FileRun[] {
  const ofBlobs = new Map<BlobId, PlacedFile[]>();
  for (const file of files) {
    const ofBlob = ofBlobs.get(file.blob);
    if (ofBlob === undefined) ofBlobs.set(file.blob, [file]);
    else ofBlob.push(file);
  }
  return [...ofBlobs].flatMap(([blob, ofBlob]) => runsOf(blob, ofBlob));
}

function runsOf(blob: BlobId, files: PlacedFile[]): FileRun[] {
  const runs: { blob: BlobId; start: number; end: number; contents: RunContent[] }[] = [];
  for (const file of files.sort((a, b) => a.offset - b.offset)) {
    const { offset, entry } = file;
    const { size } = entry;
    const run = runs.at(-1);
    const before = run?.contents.at(-1);
    if (before?.offset === offset) {
      before.files.push(file);
    } else if (run !== undefined && offset - run.end <= MAX_GAP_BYTES) {
      run.contents.push({ offset, size, files: [file] });
      run.end = offset + size;
    } else {
      const contents = [{ offset, size, files: [file] }];
      runs.push({ blob, start: offset, end: offset + size, contents });
    }
  }
  return runs;
}

/** The bytes of each content of a run, in memory of its own, out of the bytes of the run. */
export async function* cutFiles(
  { start, contents }: FileRun,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly files: readonly PlacedFile[]; readonly bytes: Uint8Array }> {
  let index = 0;
  let position = start;
  let bytes = new Uint8Array(contents[0]?.size ?? 0);
  for await (const piece of pieces) {
    const end = position + piece.length;
    for (let next = contents[index]; next !== undefined && next.offset < end; ) {
      const { offset, size, files } = next;
      const from = Math.max(offset, position);
      const to = Math.min(offset + size, end);
      bytes.set(piece.subarray(from - position, to - position), from - offset);
      if (to < offset + size) break;
      yield { files, bytes };
      next = contents[++index];
      bytes = new Uint8Array(next?.size ?? 0);
    }
    position = end;
  }
  const missing = contents[index]?.files[0];
  if (missing !== undefined) throw contentEnds(missing);
}

function contentEnds({ entry, blob }: PlacedFile): LodeError {
  return new LodeError({
    code: "integrity",
    message: `blob ${blob} ends before ${JSON.stringify(entry.path)}, which the tree says to be in it; verify the store`,
    details: { path: entry.path, blob },
  });
}
