/** `{}`, or `{:05}` for a number of five digits at least. */
const PLACE = /\{(?::0?([1-9][0-9]?))?\}/;

/** The name of an object by its template: the first place is filled with its number, the second with how many there are. */
export function objectName(template: string, index: number, num: number): string {
  const fill = (name: string, value: number) =>
    name.replace(PLACE, (_, digits = "1") => String(value).padStart(Number(digits), "0"));
  return fill(fill(template, index), num);
}
