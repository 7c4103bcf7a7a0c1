import { hdf5Layout } from "../../formats/index.js";
import { assemble } from "../assemble.js";
import { type LayoutOptions, type ObjectLayout, sizeOf, tooSmall } from "../object-layout.js";

/** One dataset `data` of uint8, which takes all that the format leaves. */
export function hdf5ObjectLayout(options: LayoutOptions): ObjectLayout {
  const size = sizeOf("HDF5", options);
  const least = hdf5Layout(0).size;
  if (size < least) throw tooSmall("HDF5", size, least, "its headers");
  const { header, dataLength, trailer } = hdf5Layout(size - least);
  return {
    length: size,
    stream: (content) => assemble([header, { bytes: dataLength }, trailer], content, size),
  };
}
