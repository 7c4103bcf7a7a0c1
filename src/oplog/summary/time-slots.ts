/**
 * Sums along time in a bounded number of slots: when they no longer reach, each becomes twice as
 * wide and takes its neighbour's sums. Slots begin at whole multiples of their width, before or
 * after the first time that was seen. A slot holds `fields` numbers.
 */
export class TimeSlots {
  readonly #slots: number;
  readonly #fields: number;
  #width: number;
  /** A slot's place is its number modulo `#slots`, so that no direction of growth moves others. */
  #sums: Float64Array;
  #first = 0;
  /** Below `#first` while there is none. */
  #last = -1;

  /** At least two slots; `width` is in the unit of all times given later. */
  constructor(options: { slots: number; fields: number; width: number }) {
    this.#slots = options.slots;
    this.#fields = options.fields;
    this.#width = options.width;
    this.#sums = new Float64Array(options.slots * options.fields);
  }

  get width(): number {
    return this.#width;
  }

  /** Number of the first slot, which begins at `first * width`; slots follow up to `last`. */
  get first(): number {
    return this.#first;
  }

  get last(): number {
    return this.#last;
  }

  /** Makes the slots at least as wide as `width`, which is theirs times a power of two. */
  widenTo(width: number): void {
    while (this.#width < width) this.#widen();
  }

  /** What a slot has summed in a field; 0 for slots before the first and after the last. */
  sum(slot: number, field: number): number {
    if (slot < this.#first || slot > this.#last) return 0;
    return this.#sums[this.#placeOf(slot) + field]!;
  }

  /** Adds to one field of the slot that a time lies in. */
  addAt(time: number, field: number, value: number): void {
    this.cover(time, time);
    this.#sums[this.#placeOf(Math.floor(time / this.#width)) + field]! += value;
  }

  /** Adds to fields 0 and 1, spread evenly from `start` to `end`. */
  spread(start: number, end: number, value0: number, value1: number): void {
    this.cover(start, end);
    const width = this.#width;
    const from = Math.floor(start / width);
    const to = Math.floor(end / width);
    if (from === to) {
      this.#add(from, value0, value1);
      return;
    }
    const duration = end - start;
    for (let slot = from; slot <= to; slot++) {
      const inside = Math.min(end, (slot + 1) * width) - Math.max(start, slot * width);
      this.#add(slot, (value0 * inside) / duration, (value1 * inside) / duration);
    }
  }

  #add(slot: number, value0: number, value1: number): void {
    const place = this.#placeOf(slot);
    this.#sums[place]! += value0;
    this.#sums[place + 1]! += value1;
  }

  #placeOf(slot: number): number {
    const place = slot % this.#slots;
    return (place < 0 ? place + this.#slots : place) * this.#fields;
  }

  /** Makes the slots reach from `start` to `end`, and adds nothing. */
  cover(start: number, end: number): void {
    for (;;) {
      const from = Math.floor(start / this.#width);
      const to = Math.floor(end / this.#width);
      const none = this.#last < this.#first;
      const first = none || from < this.#first ? from : this.#first;
      const last = none || to > this.#last ? to : this.#last;
      if (last - first < this.#slots) {
        this.#first = first;
        this.#last = last;
        return;
      }
      this.#widen();
    }
  }

  #widen(): void {
    const old = this.#sums;
    const places: number[] = [];
    for (let slot = this.#first; slot <= this.#last; slot++) places.push(this.#placeOf(slot));
    const oldFirst = this.#first;
    const none = places.length === 0;
    this.#width *= 2;
    this.#sums = new Float64Array(old.length);
    this.#first = Math.floor(oldFirst / 2);
    this.#last = none ? this.#first - 1 : Math.floor(this.#last / 2);
    for (const [i, from] of places.entries()) {
      const to = this.#placeOf(Math.floor((oldFirst + i) / 2));
      for (let field = 0; field < this.#fields; field++) {
        this.#sums[to + field]! += old[from + field]!;
      }
    }
  }
}
