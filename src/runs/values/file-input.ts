/** Says that a file of the local disk is meant: a string alone is text. */
export class FileInput {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }
}

/** Says that a file, or bytes, are Parquet. */
export class ParquetFileInput {
  readonly source: string | Uint8Array;

  constructor(source: string | Uint8Array) {
    this.source = source;
  }
}

/** The file at `path` as a value: its bytes, whatever they are, loaded as `Uint8Array`. Nothing is read yet. */
export function fileOf(path: string): FileInput {
  return new FileInput(path);
}

/**
 * A Parquet file, at a path or in memory, as a value: a table, of which exactly these bytes are stored. Nothing is read
 * yet.
 */
export function parquetFile(source: string | Uint8Array): ParquetFileInput {
  return new ParquetFileInput(source);
}
