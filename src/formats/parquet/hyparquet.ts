import type { ParquetParsers } from "hyparquet";

/**
 * The inner parts of hyparquet that decode one page and put columns together. Its own readers trust the file: a page
 * could name more values than there is memory for, or bytes beyond its end. These are not its documented interface, so
 * its version is pinned.
 */
export type Hyparquet = Awaited<ReturnType<typeof load>>;

let loaded: Promise<Hyparquet> | undefined;

/** Loaded at first use. */
export function loadHyparquet(): Promise<Hyparquet> {
  loaded ??= load();
  return loaded;
}

async function load() {
  const [column, convert, schema, delta, rowGroup, metadata] = await Promise.all([
    import("hyparquet/src/column.js"),
    import("hyparquet/src/convert.js"),
    import("hyparquet/src/schema.js"),
    import("hyparquet/src/delta.js"),
    import("hyparquet/src/rowgroup.js"),
    import("hyparquet/src/metadata.js"),
  ]);
  const parsers: ParquetParsers = {
    ...convert.DEFAULT_PARSERS,
    stringFromBytes: (bytes) => bytes && decoder.decode(bytes),
    jsonFromBytes: (bytes) => bytes && JSON.parse(decoder.decode(bytes)),
    geometryFromBytes: (bytes) => bytes,
    geographyFromBytes: (bytes) => bytes,
  };
  return {
    readPage: column.readPage,
    parquetHeader: column.parquetHeader,
    convert: convert.convert,
    unpackDelta: delta.deltaBinaryUnpack,
    getMaxDefinitionLevel: schema.getMaxDefinitionLevel,
    getMaxRepetitionLevel: schema.getMaxRepetitionLevel,
    getTreePath: schema.getTreePath,
    assembleAsync: rowGroup.assembleAsync,
    parquetSchema: metadata.parquetSchema,
    parsers,
  };
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
