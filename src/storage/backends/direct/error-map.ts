/** The table is that of all local stores, since both speak to the same operating system. */
export { FS_ERRORS, mapFsError } from "../../local-disk/index.js";
