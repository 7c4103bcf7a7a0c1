import { assemble } from "../assemble.js";
import { type LayoutOptions, type ObjectLayout, sizeOf } from "../object-layout.js";

/** Content and nothing else. */
export function rawLayout(options: LayoutOptions): ObjectLayout {
  const length = sizeOf("RAW", options);
  return {
    length,
    stream: (content) => assemble([{ bytes: length }], content, length),
  };
}
