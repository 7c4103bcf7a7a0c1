// What the tests let workers do. Plain JavaScript, as a user's module may be.
import { threadId } from "node:worker_threads";

export const decode = (value) => value;

export const withInfo = (value, { index, uri, context }) => ({
  value,
  index,
  uri,
  context,
  threadId,
});

/** The text of the elements, and whether each has memory of its own. */
export const describe = (value) => {
  const view = ArrayBuffer.isView(value) ? value : value.part;
  return { bytes: [...view], bufferBytes: view.buffer.byteLength, type: view.constructor.name };
};

export const later = async (value) => {
  await new Promise((resolve) => setTimeout(resolve, value));
  return value;
};

export const fails = (value) => {
  throw value === "text" ? value : new RangeError(`no picture in ${value}`);
};

export const failsAsLibrary = () => {
  throw Object.assign(new Error("the frame is damaged"), {
    name: "LodeError",
    code: "corrupt-format",
  });
};

export const dies = (value) => {
  if (value === "exit") process.exit(3);
  if (value === "uncaught") setTimeout(() => Promise.reject(new Error("nobody caught this")));
  if (value === "memory") {
    const hoard = [];
    // Small objects: Node 24 ends the whole process where a worker's heap grows by leaps.
    for (;;) hoard.push({ a: hoard.length, b: [1, 2, 3] });
  }
  return value === "live" ? value : new Promise(() => {});
};

const table = new Float32Array([1, 2, 3]);
export const sameMemory = () => ({ table });
export const copiesTable = () => ({ value: { table }, transfer: [] });
export const unclonable = () => () => 1;

export const never = () => new Promise(() => {});

export const notAFunction = 5;
