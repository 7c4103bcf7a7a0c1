// ZIP archives (PKWARE APPNOTE 6.3) as far as data formats use them: stored and deflated members,
// ZIP64, CRC-32; read by range, written as a stream. No encryption, no volumes, no files on disk.
// Defines ZipEntry (a member of an archive that is read) and ZipMember (one that is written).
export { crc32 } from "./crc32.js";
export { readZipDirectory, type ZipDirectoryOptions } from "./directory.js";
export { openStoredMember, readZipMember, type ZipReadOptions, zipMemberChunks } from "./member.js";
export type { ZipCompression, ZipEntry } from "./records.js";
export { type ZipMember, type ZipMemberLayout, zipChunks, zipSize } from "./write.js";
