import { exitCodes } from "../../src/cli/exit-codes.js";
import { ERROR_CODES, type ErrorCode } from "../../src/errors.js";
import { code, GENERATED, markdownTable } from "./markdown.js";

/** What each code means for who gets it. */
const MEANINGS: Readonly<Record<ErrorCode, string>> = {
  "not-found": "The object, bucket, container or upload is not there, by the store's own answer.",
  "already-exists": "A create-only write found something under that name, or the bucket exists.",
  "precondition-failed": "The object is no longer the version (etag) that the call was bound to.",
  "invalid-argument": "The call itself is wrong: a malformed URI, a range outside the object.",
  "invalid-key": "The key is empty, too long, or one that this store cannot hold.",
  "invalid-config": "A setting or credential is missing, malformed or contradicts another.",
  unsupported: "The store cannot do this; the message names the capability.",
  unauthenticated: "The store does not know who is calling: no, wrong or expired credentials.",
  "permission-denied": "The store knows who is calling and does not allow it.",
  "rate-limited": "The store asks to slow down.",
  timeout: "No answer, or none in time.",
  connection: "The server cannot be reached, broke the connection, or failed on its side.",
  "incomplete-read": "Fewer or more bytes came than were announced.",
  integrity: "Bytes do not have the checksum that they should have.",
  "corrupt-format": "The bytes are not what they should be, such as JSON or UTF-8.",
  "partial-failure": "Some of many objects failed; `details.failures` lists them.",
  aborted: "The caller's signal fired, or the command was interrupted.",
  unexpected: "Anything else; `cause` has the original error.",
};

/** Error codes with their meaning, exit code and HTTP status. */
export function errorsPage(): string {
  const codes = (Object.keys(ERROR_CODES) as ErrorCode[]).map((name) => [
    code(name),
    MEANINGS[name],
    String(ERROR_CODES[name].exitCode),
    String(ERROR_CODES[name].httpStatus),
  ]);
  const exits = exitCodes().map(({ code: exit, meaning, errors }) => [
    String(exit),
    meaning,
    errors.map(code).join(", "),
  ]);
  return `${GENERATED}

# Errors

The library throws one class, \`LodeError\`. Tell failures apart by \`code\`, never by the message. \`isLodeError(error, ...codes)\` is
the guard; it also holds when two copies of the package are loaded.

| field | what it is |
| --- | --- |
| \`code\` | one of the codes below |
| \`message\` | one line: what failed, on what, why, what to do; never a credential |
| \`retry\` | \`never\`: repeating cannot help; \`safe\`: the same call may succeed; \`exhausted\`: it was repeated and still failed |
| \`operation\` | the verb that failed, such as \`get\` |
| \`uri\` | the object or store concerned, without query and credentials |
| \`details\` | facts for programs, where known: \`status\`, \`providerCode\`, \`requestId\`, \`retryAfterMs\`, \`attempts\`, \`failures\` |
| \`cause\` | the error below, where there is one |

## Codes

The HTTP status is what an HTTP interface answers for the code; it is not the status that a store sent.

${markdownTable(["code", "meaning", "exit code", "HTTP status"], codes)}

## Exit codes of \`lode\`

${markdownTable(["exit code", "meaning", "error codes"], exits)}

A command that works on many objects goes on after a failure, tells each failed object, and ends with 3. If its only object
fails, it ends with that failure's own code.
`;
}
