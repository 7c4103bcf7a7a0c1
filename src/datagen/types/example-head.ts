const LENGTH_DELIMITED = 2;

// Field numbers of TensorFlow's example.proto and feature.proto.
const EXAMPLE_FEATURES = 1;
const FEATURES_ENTRY = 1;
const ENTRY_KEY = 1;
const ENTRY_VALUE = 2;
const FEATURE_BYTES = 1;
const FEATURE_INT64 = 3;
const LIST_VALUE = 1;

/** How long the image of an example is, and how many bytes its outermost length takes beyond need. */
export interface ExampleForm {
  readonly imageBytes: number;
  readonly padding: number;
}

/** Two lengths may take a byte more each for one more byte of image. */
const MOST_PADDING = 3;

/**
 * The tf.train.Example of `label` and `image` that is `bytes` long; undefined if none is. The lengths in
 * front of the image grow in steps; protobuf lets numbers have leading zeros, which make up for them.
 */
export function exampleForm(bytes: number): ExampleForm | undefined {
  const most = bytes - exampleHead(0, { imageBytes: 0, padding: 0 }).length;
  for (let imageBytes = most; imageBytes > 0; imageBytes--) {
    const total = exampleHead(0, { imageBytes, padding: 0 }).length + imageBytes;
    const padding = bytes - total;
    if (padding > MOST_PADDING) break;
    if (padding >= 0) return { imageBytes, padding };
  }
  return undefined;
}

/** Everything of the example before the bytes of the image, which end it. `label` is below 128. */
export function exampleHead(label: number, { imageBytes, padding }: ExampleForm): Uint8Array {
  const labelFeature = field(FEATURE_INT64, field(LIST_VALUE, [label]));
  const labelEntry = [...key("label"), ...field(ENTRY_VALUE, labelFeature)];
  const list = field(LIST_VALUE, [], imageBytes);
  const imageFeature = field(FEATURE_BYTES, list, imageBytes);
  const imageValue = field(ENTRY_VALUE, imageFeature, imageBytes);
  const imageEntry = field(FEATURES_ENTRY, [...key("image"), ...imageValue], imageBytes);
  const features = [...field(FEATURES_ENTRY, labelEntry), ...imageEntry];
  return Uint8Array.from(field(EXAMPLE_FEATURES, features, imageBytes, padding));
}

function key(name: string): number[] {
  return field(ENTRY_KEY, [...Buffer.from(name)]);
}

/** A field of a message with these bytes first and `more` to follow. */
function field(number: number, bytes: readonly number[], more = 0, padding = 0): number[] {
  const length = varint(bytes.length + more, padding);
  return [(number << 3) | LENGTH_DELIMITED, ...length, ...bytes];
}

/** A number in groups of seven bits, the lowest first, with `padding` groups of zeros behind. */
function varint(value: number, padding: number): number[] {
  const groups: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 0x80)) groups.push(rest % 0x80);
  if (groups.length === 0) groups.push(0);
  for (let i = 0; i < padding; i++) groups.push(0);
  return groups.map((group, i) => (i < groups.length - 1 ? group | 0x80 : group));
}
