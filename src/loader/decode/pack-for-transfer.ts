/** A value to be posted to another thread, and the memory that moves with it. */
export interface Packed {
  readonly value: unknown;
  readonly transfer: ArrayBuffer[];
}

/**
 * Readies a value for `postMessage`: a typed array that has its whole buffer moves to the other thread; with
 * `copies` a copy does. Of an array that has part of a buffer only that part is copied, since cloning would send all of the
 * buffer, which may be a pool that others use. Looks into arrays, plain objects and maps.
 *
 * The text of this function is also part of the workers' program. It must use nothing from outside, and has
 * methods where it would have inner functions: builds that keep names put calls of their own around those.
 */
export function packForTransfer(given: unknown, copies: boolean): Packed {
  const transfer = new Set<ArrayBuffer>();
  const seen = new Map<object, unknown>();

  const packer = {
    pack(part: unknown): unknown {
      if (typeof part !== "object" || part === null) return part;
      if (!seen.has(part)) {
        // Stands for itself while a cycle leads back to it.
        seen.set(part, part);
        seen.set(part, packer.packObject(part));
      }
      return seen.get(part);
    },

    packObject(part: object): unknown {
      if (ArrayBuffer.isView(part)) return packer.packView(part);
      if (packer.isArrayBuffer(part)) return packer.move(copies ? part.slice(0) : part);
      if (Array.isArray(part)) {
        const items = part.map((item) => packer.pack(item));
        return items.some((item, at) => item !== part[at]) ? items : part;
      }
      if (part instanceof Map) {
        return new Map([...part].map(([key, item]) => [key, packer.pack(item)]));
      }
      const prototype: unknown = Object.getPrototypeOf(part);
      if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return part;
      const fields = Object.entries(part);
      const packed = fields.map(([name, field]) => [name, packer.pack(field)] as const);
      return packed.some(([, field], at) => field !== fields[at]![1])
        ? Object.fromEntries(packed)
        : part;
    },

    packView(view: ArrayBufferView): unknown {
      const { buffer, byteOffset, byteLength } = view;
      if (!packer.isArrayBuffer(buffer)) return view;
      if (!copies && byteLength === buffer.byteLength) {
        packer.move(buffer);
        return view;
      }
      const copy = packer.move(buffer.slice(byteOffset, byteOffset + byteLength));
      // A Buffer arrives as a Uint8Array in any case.
      if (view instanceof Uint8Array) return new Uint8Array(copy);
      return new (view.constructor as new (buffer: ArrayBuffer) => ArrayBufferView)(copy);
    },

    move(buffer: ArrayBuffer): ArrayBuffer {
      // An empty one may be a constant, or one that has moved before, which cloning refuses.
      if (buffer.byteLength > 0) transfer.add(buffer);
      return buffer;
    },

    /** Memory that is shared between threads stays shared. */
    isArrayBuffer(part: object): part is ArrayBuffer {
      return Object.prototype.toString.call(part) === "[object ArrayBuffer]";
    },
  };

  return { value: packer.pack(given), transfer: [...transfer] };
}
