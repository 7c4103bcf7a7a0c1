/** Bytes of text in one encoded word, so that with its frame it stays within 75 characters. */
const WORD_BYTES = 45;
const WORD = /=\?UTF-8\?B\?([A-Za-z0-9+/=]*)\?=/gi;
const ONLY_WORDS = /^=\?UTF-8\?B\?[A-Za-z0-9+/=]*\?=(?:\s+=\?UTF-8\?B\?[A-Za-z0-9+/=]*\?=)*$/i;

/**
 * A metadata value as a header: itself if it is plain ASCII that survives a header, else as encoded
 * words in UTF-8 (RFC 2047 §4.1), which S3 uses itself for such values:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
 */
export function encodeMetadataValue(value: string): string {
  const plain = /^[\x21-\x7E]+(?: [\x21-\x7E]+)*$/.test(value) && !value.includes("=?");
  if (plain) return value;
  const words: string[] = [];
  let word = "";
  for (const char of value) {
    if (Buffer.byteLength(word + char) > WORD_BYTES) {
      words.push(word);
      word = "";
    }
    word += char;
  }
  words.push(word);
  return words.map((part) => `=?UTF-8?B?${Buffer.from(part).toString("base64")}?=`).join(" ");
}

/** The value of a header that may consist of encoded words; anything else is taken as it is. */
export function decodeMetadataValue(text: string): string {
  if (!text.startsWith("=?") || !ONLY_WORDS.test(text)) return text;
  return [...text.matchAll(WORD)]
    .map((match) => Buffer.from(match[1] ?? "", "base64").toString("utf8"))
    .join("");
}
