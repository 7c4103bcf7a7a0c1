// Run in a process of its own, so that it can be killed or its memory measured:
// transfers one object as its argument (JSON) says and prints what became of it.
import { setTimeout as sleep } from "node:timers/promises";
import type { Layer } from "../../../src/storage/backend.js";
import {
  finishTransfer,
  type TransferOptions,
  transferObject,
} from "../../../src/storage/transfer/index.js";
import { openAt, type PlaceAddress } from "./places.js";

export interface ChildTask {
  readonly source: PlaceAddress;
  readonly target: PlaceAddress;
  readonly key: string;
  readonly options: TransferOptions;
  /** Before each part is sent, in milliseconds. */
  readonly partDelay: number;
}

export interface ChildReport {
  readonly bytes: number;
  readonly rssBefore: number;
  /** Highest since the process began, in bytes. */
  readonly rssMost: number;
}

function slowParts(delay: number): Layer {
  return (inner) =>
    new Proxy(inner, {
      get(backend, name) {
        const value: unknown = Reflect.get(backend, name, backend);
        if (typeof value !== "function") return value;
        if (name !== "startMultipart") return value.bind(backend);
        return async (...args: Parameters<typeof inner.startMultipart>) => {
          const upload = await backend.startMultipart(...args);
          const putPart = upload.putPart.bind(upload);
          upload.putPart = async (...part) => {
            await sleep(delay);
            return putPart(...part);
          };
          return upload;
        };
      },
    });
}

const task = JSON.parse(process.argv[2] as string) as ChildTask;
const source = await openAt(task.source);
const target = await openAt(task.target, slowParts(task.partDelay));
const rssBefore = process.memoryUsage.rss();
const { bytes } = await finishTransfer(
  transferObject({
    source: { store: source, key: task.key },
    target: { store: target, key: task.key },
    ...task.options,
  }),
);
const rssMost = process.resourceUsage().maxRSS * 1024;
process.stdout.write(`${JSON.stringify({ bytes, rssBefore, rssMost } satisfies ChildReport)}\n`);
await Promise.all([source.close(), target.close()]);
