/** Names of variables of the environment whose values are nobody's business. */
const SECRET_NAME =
  /secret|token|passw|credential|api_?key|access_?key|account_?key|connection_string|private/i;
/** Shorter values, as `true`, stand in many a text by chance. */
const MIN_SECRET = 6;

/** A text of another's error without credentials of URLs, signatures, and secrets of the environment. */
export function withoutSecrets(
  text: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  let safe = text;
  for (const [name, value = ""] of Object.entries(env)) {
    if (value.length >= MIN_SECRET && SECRET_NAME.test(name)) safe = safe.replaceAll(value, "***");
  }
  return safe
    .replace(/\/\/[^/@\s]*@/g, "//***@")
    .replace(
      /\b([\w-]*(?:sig|signature|credential|token|secret|passw(?:or)?d|pwd|api_?key|accountkey|accesskey))(["']?\s?[=:]\s?["']?)[^\s&;,"']+/gi,
      "$1$2***",
    )
    .replace(/\b(Bearer|Basic|SharedKey)\s+[\w.~+/=:-]+/g, "$1 ***");
}
