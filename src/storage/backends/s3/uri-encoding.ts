/** RFC 3986 unreserved characters and the slash: keys made of these are sent as they are. */
const PLAIN_KEY = /^[A-Za-z0-9\-._~/]*$/;

/**
 * A key as the path of a request: every byte of its UTF-8 but unreserved ones as `%XX`, slashes
 * kept, nothing normalised (`//`, `.`, `..` stay). This is both what is sent and what is signed:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html ("UriEncode").
 */
export function encodeKey(key: string): string {
  if (PLAIN_KEY.test(key)) return key;
  return encodeQueryPart(key).replaceAll("%2F", "/");
}

/** A name or value of a query as Signature V4 wants it: like {@link encodeKey}, with `/` as `%2F`. */
export function encodeQueryPart(text: string): string {
  // encodeURIComponent leaves five characters that S3 wants escaped.
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

export type QueryParameters = readonly (readonly [name: string, value: string])[];

/**
 * The query, sorted as Signature V4 wants it, so that one text is sent and signed. Names without a
 * value keep their `=`.
 */
export function canonicalQuery(parameters: QueryParameters): string {
  if (parameters.length === 0) return "";
  const encoded = parameters.map(
    ([name, value]) => [encodeQueryPart(name), encodeQueryPart(value)] as const,
  );
  encoded.sort((a, b) => (a[0] === b[0] ? compare(a[1], b[1]) : compare(a[0], b[0])));
  return encoded.map(([name, value]) => `${name}=${value}`).join("&");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The key that a listing with `encoding-type=url` tells. Servers write a space as `+` or `%20` and
 * a plus always as `%2B`. Returns undefined if the bytes are not UTF-8.
 */
export function decodeListedKey(text: string): string | undefined {
  if (text.indexOf("%") < 0 && text.indexOf("+") < 0) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", "%20"));
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
