// JSON documents as objects: how all domains write theirs. No codec, since core parses JSON and each domain
// knows what its documents hold, and no public name of the library. Entered by its own index, so that
// `lodestore` does not export it.

export { putJson } from "./put-json.js";
