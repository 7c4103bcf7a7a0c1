import { LodeError } from "../../errors.js";
import { setUint64, viewOf } from "../little-endian.js";
import { checkDatasetName } from "./dataset-name.js";

/** A file around bytes that are made elsewhere: header, then the bytes, then trailer. */
export interface Hdf5Layout {
  readonly header: Uint8Array;
  /** Bytes of the dataset. */
  readonly dataLength: number;
  /** Empty: all that the file says of the dataset stands in front. */
  readonly trailer: Uint8Array;
  /** Bytes of the whole file. */
  readonly size: number;
}

const UNDEFINED_ADDRESS = 0xff;
const SUPERBLOCK_BYTES = 96;
/** The `K` values of HDF5's library, which fix the sizes of the group's nodes. */
const LEAF_K = 4;
const INTERNAL_K = 16;
const TREE_BYTES = 24 + 2 * INTERNAL_K * 8 + (2 * INTERNAL_K + 1) * 8;
const SYMBOLS_BYTES = 8 + 2 * LEAF_K * 40;
const HEAP_BYTES = 32;
/** The heap begins with the empty name. */
const NAME_IN_HEAP = 8;
/** Where the elements begin is a multiple of this, as in files of HDF5's own library. */
const ALIGNMENT = 2048;
/**
 * An HDF5 file with one dataset in the root group: `dataBytes` elements of uint8, one axis, contiguous. Takes the
 * same time and memory for any size up to 2^53. Throws `invalid-argument` for a name or size that cannot be.
 *
 * The bytes follow the HDF5 File Format Specification 3.0, in its oldest form, which every reader knows: superblock
 * 0, a group with B-tree and heap, object headers 1. They are written here since HDF5's library, h5wasm too, gives a
 * contiguous dataset no place in the file before its elements are written, and holds the file in memory.
 */
export function hdf5Layout(dataBytes: number, name = "data"): Hdf5Layout {
  checkDatasetName(name);
  if (!Number.isSafeInteger(dataBytes + 2 * ALIGNMENT) || dataBytes < 0) {
    throw new LodeError({
      code: "invalid-argument",
      message: `an HDF5 dataset cannot have ${dataBytes} bytes: give a whole number below 2^53`,
    });
  }
  const nameBytes = new TextEncoder().encode(name);
  const heapDataBytes = NAME_IN_HEAP + paddedTo(8, nameBytes.length + 1);
  const group = SUPERBLOCK_BYTES;
  const groupMessage = message(0x11, 16);
  const tree = group + objectHeaderBytes([groupMessage]);
  const heap = tree + TREE_BYTES;
  const heapData = heap + HEAP_BYTES;
  const symbols = heapData + heapDataBytes;
  const dataset = symbols + SYMBOLS_BYTES;
  const messages = datasetMessages(dataBytes);
  const dataAt = paddedTo(ALIGNMENT, dataset + objectHeaderBytes(messages));

  const header = new Uint8Array(dataAt);
  const view = viewOf(header);
  writeSuperblock(header, { group, tree, heap, end: dataAt + dataBytes });
  setUint64(viewOf(groupMessage), 8, tree);
  setUint64(viewOf(groupMessage), 16, heap);
  writeObjectHeader(header, group, [groupMessage]);

  header.set(ascii("TREE"), tree);
  view.setUint16(tree + 6, 1, true);
  header.fill(UNDEFINED_ADDRESS, tree + 8, tree + 24);
  setUint64(view, tree + 32, symbols);
  setUint64(view, tree + 40, NAME_IN_HEAP);

  header.set(ascii("HEAP"), heap);
  setUint64(view, heap + 8, heapDataBytes);
  // No free block: the offset 1 means none.
  setUint64(view, heap + 16, 1);
  setUint64(view, heap + 24, heapData);
  header.set(nameBytes, heapData + NAME_IN_HEAP);

  header.set(ascii("SNOD"), symbols);
  view.setUint8(symbols + 4, 1);
  view.setUint16(symbols + 6, 1, true);
  setUint64(view, symbols + 8, NAME_IN_HEAP);
  setUint64(view, symbols + 16, dataset);

  // Without elements there is no address.
  const layout = messages.at(-1) as Uint8Array;
  if (dataBytes > 0) setUint64(viewOf(layout), 10, dataAt);
  writeObjectHeader(header, dataset, messages);
  return { header, dataLength: dataBytes, trailer: new Uint8Array(0), size: dataAt + dataBytes };
}

/** Dataspace, datatype, fill value and, last, the layout without its address. */
function datasetMessages(dataBytes: number): Uint8Array[] {
  const dataspace = message(0x01, 16, [1, 1]);
  setUint64(viewOf(dataspace), 16, dataBytes);
  // A fixed-point number, little-endian and unsigned, of 1 byte, whose 8 bits all count.
  const datatype = message(0x03, 16, [0x10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 8], true);
  // Version 2: space is taken late, the fill value is written if it is set, and it is the default.
  const fill = message(0x05, 8, [2, 2, 2, 1], true);
  const layout = message(0x08, 24, [3, 1]);
  layout.fill(UNDEFINED_ADDRESS, 10, 18);
  setUint64(viewOf(layout), 18, dataBytes);
  return [dataspace, datatype, fill, layout];
}

/** A message with its header of 8 bytes. */
function message(
  type: number,
  bytes: number,
  content: number[] = [],
  constant = false,
): Uint8Array {
  const block = new Uint8Array(8 + bytes);
  viewOf(block).setUint16(0, type, true);
  viewOf(block).setUint16(2, bytes, true);
  block[4] = constant ? 1 : 0;
  block.set(content, 8);
  return block;
}

function objectHeaderBytes(messages: readonly Uint8Array[]): number {
  return messages.reduce((sum, { length }) => sum + length, 16);
}

function writeObjectHeader(file: Uint8Array, at: number, messages: readonly Uint8Array[]): void {
  const view = viewOf(file);
  view.setUint8(at, 1);
  view.setUint16(at + 2, messages.length, true);
  view.setUint32(at + 4, 1, true);
  view.setUint32(at + 8, objectHeaderBytes(messages) - 16, true);
  let next = at + 16;
  for (const block of messages) {
    file.set(block, next);
    next += block.length;
  }
}

function writeSuperblock(
  file: Uint8Array,
  { group, tree, heap, end }: { group: number; tree: number; heap: number; end: number },
): void {
  const view = viewOf(file);
  file.set([0x89, ...ascii("HDF\r\n"), 0x1a, 0x0a]);
  // Offsets and lengths of 8 bytes.
  file.set([8, 8], 13);
  view.setUint16(16, LEAF_K, true);
  view.setUint16(18, INTERNAL_K, true);
  file.fill(UNDEFINED_ADDRESS, 32, 40);
  setUint64(view, 40, end);
  file.fill(UNDEFINED_ADDRESS, 48, 56);
  setUint64(view, 64, group);
  // The root group's entry tells where its tree and heap are.
  view.setUint32(72, 1, true);
  setUint64(view, 80, tree);
  setUint64(view, 88, heap);
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function paddedTo(step: number, bytes: number): number {
  return Math.ceil(bytes / step) * step;
}
