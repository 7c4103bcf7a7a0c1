/** How a plot is drawn. */
export interface PlotStyle {
  /** Characters of the longest line. */
  readonly width: number;
  /** Lines of the plot without its title and its time axis. */
  readonly height: number;
  /** Only ASCII, for terminals that are not in UTF-8. */
  readonly ascii: boolean;
}

/** Values along time, evenly spaced. */
export interface PlotData {
  readonly title: string;
  /** Texts below the first and the last value. */
  readonly from: string;
  readonly to: string;
  /** A value's text at the left axis. */
  readonly label: (value: number) => string;
}

/** One line of values, null where there is none, and the character that stands for each. */
export interface PlotLine {
  readonly mark: string;
  readonly values: readonly (number | null)[];
}

/** All plots have it, so that those below each other have the same time axis. */
const LABEL_WIDTH = 10;
const EIGHTHS = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/** The same heights in ASCII: nothing, less than half, half and more. */
const ASCII_EIGHTHS = [" ", ".", ".", ".", ":", ":", ":", ":", "#"];

/**
 * Values as filled columns from zero, as lines of text: the title, `height` lines and the axis of
 * time. Where there are more values than columns, a column is their mean.
 */
export function areaPlot(data: PlotData, values: readonly number[], style: PlotStyle): string[] {
  const { height, ascii } = style;
  const columns = resample(values, plotWidth(style), mean);
  const top = Math.max(...columns, 0);
  const eighths = columns.map((value) => (top === 0 ? 0 : (value / top) * height * 8));
  const glyphs = ascii ? ASCII_EIGHTHS : EIGHTHS;
  const cells = Array.from({ length: height }, (_, i) => {
    const below = (height - 1 - i) * 8;
    return eighths.map((full) => glyphs[Math.round(clamp(full - below, 0, 8))] ?? " ");
  });
  return framed(data, [top, top / 2, 0], cells, style);
}

/**
 * Lines of marks on a logarithmic axis, as lines of text like those of {@link areaPlot}. Where there
 * are more values than columns, a column is their greatest; earlier lines are drawn over later ones.
 */
export function markPlot(data: PlotData, series: readonly PlotLine[], style: PlotStyle): string[] {
  const { height } = style;
  const logs = series.flatMap(({ values }) =>
    values.filter((value): value is number => value !== null && value > 0).map(Math.log),
  );
  const [low, high] = logs.length === 0 ? [0, 0] : [least(logs), greatest(logs)];
  const middle = (low + high) / 2;
  // A range of at least a fifth, so that equal values lie in the middle.
  const half = Math.max(high - low, Math.log(1.2)) / 2;
  const width = plotWidth(style);
  const cells = Array.from({ length: height }, () => new Array<string>(width).fill(" "));
  for (const { values, mark } of series.toReversed()) {
    for (const [column, value] of resample(values, width, maximum).entries()) {
      if (value === null || value <= 0) continue;
      const share = (middle + half - Math.log(value)) / (2 * half);
      const row = cells[clamp(Math.round(share * (height - 1)), 0, height - 1)];
      if (row !== undefined) row[column] = mark;
    }
  }
  const ends = [middle + half, middle, middle - half].map(Math.exp);
  return framed(data, ends, cells, style);
}

/** Lines of cells with their title, the left axis with labels at its ends and middle, and the time. */
function framed(
  { title, from, to, label }: PlotData,
  [top = 0, middle = 0, bottom = 0]: readonly number[],
  cells: readonly (readonly string[])[],
  { ascii, width }: PlotStyle,
): string[] {
  const last = cells.length - 1;
  const labels = new Map([
    [last / 2, middle],
    [last, bottom],
    [0, top],
  ]);
  const [edge, tick] = ascii ? ["|", "+"] : ["│", "┤"];
  const lines = cells.map((line, i) => {
    const value = labels.get(i);
    const text = value === undefined ? "" : label(value).slice(0, LABEL_WIDTH);
    return `${text.padStart(LABEL_WIDTH)} ${value === undefined ? edge : tick}${line.join("")}`;
  });
  const gap = width - LABEL_WIDTH - 1 - from.length - to.length;
  const time = `${" ".repeat(LABEL_WIDTH + 1)}${from}${" ".repeat(Math.max(1, gap))}${to}`;
  return [title, ...lines, time].map((line) => line.slice(0, width).trimEnd());
}

function plotWidth({ width }: PlotStyle): number {
  return Math.max(1, width - LABEL_WIDTH - 2);
}

/** As many values as there are columns: each repeated, or groups of neighbours made one. */
function resample<T extends number | null>(
  values: readonly T[],
  columns: number,
  combine: (group: readonly T[]) => T,
): T[] {
  if (values.length === 0) return [];
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * values.length) / columns);
    const to = Math.floor(((column + 1) * values.length) / columns);
    return combine(values.slice(from, Math.max(to, from + 1)));
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

function maximum(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : greatest(known);
}

function greatest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b));
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b));
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
