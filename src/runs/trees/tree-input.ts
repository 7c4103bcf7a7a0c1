export interface TreeOptions {
  /**
   * A folder for what was seen of the tree: files whose size, times and inode are the same as then are not read again.
   * It is made if it is missing.
   */
  readonly cache?: string | undefined;
}

/** Says that a folder of the local disk is meant, with all below it. */
export class TreeInput {
  readonly path: string;
  readonly options: TreeOptions;

  constructor(path: string, options: TreeOptions) {
    this.path = path;
    this.options = options;
  }
}

/** The folder at `path` as a value: its files, links and empty folders. Nothing is read yet. */
export function treeOf(path: string, options: TreeOptions = {}): TreeInput {
  return new TreeInput(path, options);
}
