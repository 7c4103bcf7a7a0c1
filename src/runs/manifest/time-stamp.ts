const UTC = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/;

/** Milliseconds since 1970 as manifests write them: `2026-11-20T19:39:26.791Z`. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** Whether this is a time of ISO 8601 in UTC, with nine digits of a second at most. */
export function isTimeStamp(text: string): boolean {
  return UTC.test(text) && !Number.isNaN(Date.parse(text));
}
