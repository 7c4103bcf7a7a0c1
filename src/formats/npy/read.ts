import { LodeError } from "../../errors.js";
import { LITTLE_ENDIAN, viewOf } from "../little-endian.js";
import type { RangeReader } from "../range-reader.js";
import { MAX_ARRAY_BYTES, readExactly } from "../read-exactly.js";
import { swapWords } from "../swap-words.js";
import { dtypeNames, NPY_DTYPES, type NpyArray, type NpyDtype, npyDataBytes } from "./dtype.js";
import { parseHeaderLiteral } from "./header-literal.js";

/** What the header says, and where the elements are. */
export interface NpyHeader {
  readonly dtype: NpyDtype;
  readonly shape: readonly number[];
  readonly fortranOrder: boolean;
  readonly littleEndian: boolean;
  /** Bytes before the first element. */
  readonly dataOffset: number;
  /** Bytes of all elements; there may be more behind them, which numpy does not look at either. */
  readonly dataBytes: number;
}

export interface NpyReadOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface NpyRowsOptions extends NpyReadOptions {
  /** From an earlier `readNpyHeader` of the same file, which saves reading it again. */
  readonly header?: NpyHeader | undefined;
}

/** Enough for nearly every header, so that one read does. */
const FIRST_READ = 1024;
const MAX_HEADER_BYTES = 1024 * 1024;

/**
 * Reads the header of an .npy file (NEP 1, versions 1.0, 2.0 and 3.0) and checks that the file is
 * long enough for its elements. Throws `corrupt-format`, and `unsupported` for what is no array of
 * numbers.
 */
export async function readNpyHeader(
  reader: RangeReader,
  { signal }: NpyReadOptions = {},
): Promise<NpyHeader> {
  const first = await readExactly(reader, 0, Math.min(FIRST_READ, reader.size), signal);
  const { prefixBytes, textBytes } = parsePrefix(first);
  const dataOffset = prefixBytes + textBytes;
  if (textBytes > MAX_HEADER_BYTES) {
    throw corrupt(`its header says to have ${textBytes} bytes; 1 MiB is the most`);
  }
  if (dataOffset > reader.size) throw corrupt("it ends inside the header");
  const whole =
    dataOffset <= first.length ? first : await readExactly(reader, 0, dataOffset, signal);
  const text = Buffer.from(whole.buffer, whole.byteOffset + prefixBytes, textBytes);
  const { descr, fortranOrder, shape } = parseHeaderLiteral(text.toString("latin1"));
  const { dtype, littleEndian } = parseDescr(descr);
  const dataBytes = sizeInFile(dtype, shape);
  if (dataBytes > reader.size - dataOffset) {
    throw corrupt(
      `shape (${shape.join(", ")}) of ${dtype} takes ${dataBytes} bytes, ${reader.size - dataOffset} are there`,
    );
  }
  return { dtype, shape, fortranOrder, littleEndian, dataOffset, dataBytes };
}

/**
 * Reads an .npy file as one array in the memory that the reader gives, copied only to align it or to
 * swap a foreign byte order. C or Fortran order is kept. Throws as `readNpyHeader` does.
 */
export async function readNpy(
  reader: RangeReader,
  options: NpyReadOptions = {},
): Promise<NpyArray> {
  const header = await readNpyHeader(reader, options);
  return readElements(reader, header, header.shape, 0, header.dataBytes, options.signal);
}

/**
 * Reads rows `from` up to and without `to` of the outermost axis, and no other element. The array's
 * shape is that of the file with `to - from` in front. Throws `invalid-argument` for rows that are
 * not there, `unsupported` for Fortran order with several axes, where rows are scattered.
 */
export async function readNpyRows(
  reader: RangeReader,
  from: number,
  to: number,
  options: NpyRowsOptions = {},
): Promise<NpyArray> {
  const header = options.header ?? (await readNpyHeader(reader, options));
  const [rows, ...rest] = header.shape;
  if (rows === undefined) throw badRows(from, to, "the array is a single number without rows");
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || to < from) {
    throw badRows(from, to, "give whole numbers, the first not below 0 nor above the second");
  }
  if (to > rows) throw badRows(from, to, `the array has ${rows}`);
  if (header.fortranOrder && rest.length > 0) {
    throw new LodeError({
      code: "unsupported",
      message: "rows of an npy array in Fortran order do not lie together; read it whole",
    });
  }
  const rowBytes = rows === 0 ? 0 : header.dataBytes / rows;
  const shape = [to - from, ...rest];
  return readElements(reader, header, shape, from * rowBytes, to * rowBytes, options.signal);
}

async function readElements(
  reader: RangeReader,
  header: NpyHeader,
  shape: readonly number[],
  start: number,
  end: number,
  signal: AbortSignal | undefined,
): Promise<NpyArray> {
  const { dtype, fortranOrder, littleEndian, dataOffset } = header;
  const { wordBytes, array: ArrayOf } = NPY_DTYPES[dtype];
  if (end - start > MAX_ARRAY_BYTES) {
    throw new LodeError({
      code: "unsupported",
      message: `${end - start} bytes of npy elements are more than one array holds here; read fewer rows at a time`,
    });
  }
  let bytes = await readExactly(reader, dataOffset + start, dataOffset + end, signal);
  const foreign = wordBytes > 1 && littleEndian !== LITTLE_ENDIAN;
  // The reader's memory is not ours to swap in.
  if (foreign || bytes.byteOffset % wordBytes !== 0) bytes = new Uint8Array(bytes);
  if (foreign) swapWords(bytes, wordBytes);
  const data = new ArrayOf(bytes.buffer, bytes.byteOffset, bytes.length / wordBytes);
  return { dtype, shape, fortranOrder, data } as NpyArray;
}

function parsePrefix(bytes: Uint8Array): { prefixBytes: number; textBytes: number } {
  const magic = "\x93NUMPY";
  if (bytes.length < 8 || Buffer.from(bytes.subarray(0, 6)).toString("latin1") !== magic) {
    throw corrupt("it does not begin with \\x93NUMPY");
  }
  const [major, minor] = [bytes[6]!, bytes[7]!];
  if (major < 1 || major > 3 || minor !== 0) {
    throw new LodeError({
      code: "unsupported",
      message: `version ${major}.${minor} of the npy format is not known; 1.0, 2.0 and 3.0 are`,
    });
  }
  const prefixBytes = major === 1 ? 10 : 12;
  if (bytes.length < prefixBytes) throw corrupt("it ends inside the header");
  const view = viewOf(bytes);
  return {
    prefixBytes,
    textBytes: major === 1 ? view.getUint16(8, true) : view.getUint32(8, true),
  };
}

function parseDescr(descr: string): { dtype: NpyDtype; littleEndian: boolean } {
  const order = descr.slice(0, 1);
  const name = descr.slice(1);
  if (/^[<>|]$/.test(order) && Object.hasOwn(NPY_DTYPES, name)) {
    const dtype = name as NpyDtype;
    if (order !== "|" || NPY_DTYPES[dtype].wordBytes === 1) {
      return { dtype, littleEndian: order !== ">" };
    }
  }
  throw new LodeError({ code: "unsupported", message: unsupportedDtype(descr) });
}

function unsupportedDtype(descr: string): string {
  const shown = JSON.stringify(descr.slice(0, 40));
  if (/^[<>|=]?O/.test(descr)) {
    return `the npy array holds Python objects (dtype ${shown}), that is a pickle, which can run any code when read; it is never loaded`;
  }
  if (/^[<>|=]?[US]/.test(descr)) {
    return `the npy array holds strings (dtype ${shown}), which are not read; save them as numbers or as text`;
  }
  return `the npy array has dtype ${shown}, which is not read; ${dtypeNames()} are, with < or > in front`;
}

function sizeInFile(dtype: NpyDtype, shape: readonly number[]): number {
  try {
    return npyDataBytes(dtype, shape);
  } catch (error) {
    throw corrupt(error instanceof Error ? error.message : String(error));
  }
}

function badRows(from: number, to: number, why: string): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `rows ${from} to ${to} of the npy array cannot be read: ${why}`,
  });
}

function corrupt(why: string): LodeError {
  return new LodeError({ code: "corrupt-format", message: `the data is no valid npy: ${why}` });
}
