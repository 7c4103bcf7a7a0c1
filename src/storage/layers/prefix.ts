import { objectKey } from "../../core/index.js";
import type { Backend, Layer, MultipartUpload, ObjectMeta } from "../backend.js";
import { overlay } from "./intercept.js";

/**
 * Shows only what lies below `folder`, under keys relative to it; writes go there too. Containers
 * stay out of reach: deleting the whole one is no business of a part of it.
 */
export function prefix(folder: string): Layer {
  const base = folder === "" || folder.endsWith("/") ? folder : `${folder}/`;
  return (inner) => (base === "" ? inner : prefixed(inner, base));
}

function prefixed(inner: Backend, base: string): Backend {
  // Checked here because only the whole key shows that it is too long.
  const full = (key: string): string => objectKey(base + key);
  const relative = (key: string): string => key.slice(base.length);
  const strip = <M extends ObjectMeta>(meta: M): M => ({ ...meta, key: relative(meta.key) });

  const layered = overlay(inner, {
    async get(key, options) {
      const result = await inner.get(full(key), options);
      return { ...result, meta: strip(result.meta) };
    },
    async readInto(key, range, target, options) {
      const result = await inner.readInto!(full(key), range, target, options);
      return { ...result, meta: strip(result.meta) };
    },
    async head(key, options) {
      return strip(await inner.head(full(key), options));
    },
    async put(key, body, options) {
      return inner.put(full(key), body, options);
    },
    async startMultipart(key, options) {
      return relabel(await inner.startMultipart(full(key), options), key);
    },
    async resumeMultipart(key, id, options) {
      return relabel(await inner.resumeMultipart!(full(key), id, options), key);
    },
    async *listMultiparts(options = {}) {
      const within = { ...options, prefix: base + (options.prefix ?? "") };
      for await (const upload of inner.listMultiparts!(within)) {
        yield { ...upload, key: relative(upload.key) };
      }
    },
    async *list(options = {}) {
      const { startAfter } = options;
      const within = {
        ...options,
        prefix: base + (options.prefix ?? ""),
        startAfter: startAfter === undefined ? undefined : base + startAfter,
      };
      for await (const page of inner.list(within)) {
        // An object named like the folder itself has no name inside it.
        const objects = page.objects.filter(({ key }) => key !== base).map(strip);
        yield { objects, prefixes: page.prefixes.map(relative) };
      }
    },
    async deleteMany(keys, options) {
      const results = await inner.deleteMany(keys.map(full), options);
      return results.map((result) => ({ ...result, key: relative(result.key) }));
    },
    async copy(from, to, options) {
      return inner.copy(full(from), full(to), options);
    },
    async rename(from, to, options) {
      return inner.rename!(full(from), full(to), options);
    },
    async presign(key, options) {
      return inner.presign!(full(key), options);
    },
  });
  const { createContainer, deleteContainer, listContainers, ...rest } = layered;
  return {
    ...rest,
    uri: `${inner.uri}/${base.slice(0, -1)}`,
    get capabilities() {
      return { ...inner.capabilities, containers: false };
    },
  };
}

function relabel(upload: MultipartUpload, key: string): MultipartUpload {
  return {
    key,
    id: upload.id,
    putPart: upload.putPart.bind(upload),
    listParts: upload.listParts.bind(upload),
    complete: upload.complete.bind(upload),
    abort: upload.abort.bind(upload),
  };
}
