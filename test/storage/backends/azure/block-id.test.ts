import { describe, expect, it } from "vitest";
import {
  isUploadId,
  markerBlockId,
  newPutId,
  newUploadId,
  parseBlockId,
  partBlockId,
  uploadStartedAt,
} from "../../../../src/storage/backends/azure/block-id.js";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 6);

describe("block ids", () => {
  it("are all of one length, as Azure demands of a blob's unfinished blocks", () => {
    const upload = newUploadId(NOW);
    const ids = [
      partBlockId(upload, 1, 0),
      partBlockId(upload, 50_000, 0xffffffff),
      markerBlockId(upload, "started-"),
      markerBlockId(upload, "aborted-"),
      partBlockId(newPutId(NOW), 7, 1),
    ];
    expect(new Set(ids.map((id) => Buffer.from(id, "base64").length))).toEqual(new Set([48]));
  });

  it("tell upload, number, checksum and time again", () => {
    const upload = newUploadId(NOW);
    expect(isUploadId(upload)).toBe(true);
    expect(uploadStartedAt(upload)).toEqual(new Date(NOW));
    expect(parseBlockId(partBlockId(upload, 12, 0xdeadbeef))).toEqual({
      upload,
      number: 12,
      crc32c: 0xdeadbeef,
      marker: undefined,
    });
    expect(parseBlockId(markerBlockId(upload, "aborted-"))?.marker).toBe("aborted-");
  });

  it("leave other programs' blocks and those of a put alone", () => {
    expect(parseBlockId(Buffer.from("x".repeat(48)).toString("base64"))).toBeUndefined();
    expect(parseBlockId(partBlockId(newPutId(NOW), 1, 1))).toBeUndefined();
  });
});
