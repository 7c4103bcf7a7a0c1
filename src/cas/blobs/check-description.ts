import { LodeError } from "../../errors.js";
import type { BlobDescription } from "../blob.js";
import { checkBlobId, digestFolder } from "../keys.js";
import { isFormat } from "./recipe.js";

/** Throws `invalid-argument` for what no blob can be described by. */
export function checkDescription({
  name,
  type,
  format,
  digest,
  links = [],
}: BlobDescription): void {
  const wrong = (message: string) => new LodeError({ code: "invalid-argument", message });
  if (name === "") throw wrong("a blob needs a name");
  if (type === "") throw wrong(`the blob ${JSON.stringify(name)} needs a type, such as bytes`);
  if (!isFormat(format)) {
    throw wrong(
      `${JSON.stringify(format)} cannot be the format of ${JSON.stringify(name)}: give the ending of its name, of 1 to 32 letters, digits or ._+-, as parquet`,
    );
  }
  if (digest !== undefined) digestFolder(digest);
  for (const link of links) checkBlobId(link);
}
