import { npyHeader } from "../../formats/index.js";
import { assemble } from "../assemble.js";
import { type LayoutOptions, type ObjectLayout, sizeOf, tooSmall } from "../object-layout.js";
import { elementBytes, elementSegment } from "./element-bytes.js";

/** One array: of `shape`, or of one axis as long as `size` has room for; the header takes what is left over. */
export function npyLayout(options: LayoutOptions): ObjectLayout {
  const { dtype = "u1" } = options;
  const { header, bytes } = options.shape === undefined ? sized(options) : shaped(options.shape);
  const length = header.length + bytes;
  return {
    length,
    stream: (content) => assemble([header, elementSegment(dtype, bytes)], content, length),
  };

  function shaped(shape: readonly number[]) {
    return { header: npyHeader({ dtype, shape }), bytes: elementBytes(dtype, shape) };
  }

  function sized(sizedOptions: LayoutOptions) {
    const size = sizeOf("NPY", sizedOptions);
    const item = elementBytes(dtype, [1]);
    const least = npyHeader({ dtype, shape: [0] }).length;
    if (size < least) throw tooSmall("NPY", size, least, "the header");
    const shape = [Math.floor((size - least) / item)];
    const bytes = elementBytes(dtype, shape);
    return { header: npyHeader({ dtype, shape, paddedTo: size - bytes, alignment: 1 }), bytes };
  }
}
