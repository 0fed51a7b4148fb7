import { type ContourLevel, contourPaths } from "../chart/contours.js";
import { decimate } from "../chart/decimate.js";
import { type SeriesStyle, seriesStyle } from "../chart/palette.js";
import type { RaceData, RaceRun } from "./data.js";
import { ranked } from "./table.js";

/** A run thinned to what a picture can show. The arrays are equally long; `steps` ascends from 0. */
export interface PictureRun {
  readonly label: string;
  readonly style: SeriesStyle;
  readonly steps: readonly number[];
  readonly x: readonly number[];
  /** Empty in one dimension. */
  readonly y: readonly number[];
  readonly gap: readonly number[];
  /** Whether the run goes up and down so often that its line would fill the picture. */
  readonly oscillates: boolean;
  /** The step at which the run stopped being finite. */
  readonly diverged?: number;
}

/** What the runs are drawn on: contours of the first two coordinates, or one coordinate over the steps. */
export type PictureView =
  | {
      readonly kind: "plane";
      readonly bounds: readonly [readonly [number, number], readonly [number, number]];
      /** Cells of the grid between the outer samples, across and up; contour paths count tenths of them. */
      readonly cells: readonly [number, number];
      readonly contours: readonly ContourLevel[];
    }
  | { readonly kind: "line"; readonly bounds: readonly [number, number] };

/** What the picture of a race needs, small enough to be embedded. */
export interface RacePicture {
  readonly title: string;
  readonly steps: number;
  readonly threshold: number;
  /** The first two coordinates of the start, or its only one. */
  readonly start: readonly number[];
  /** The same of the minimisers. */
  readonly minimisers: readonly (readonly number[])[];
  /** The interval of f − f* that a chart shows. */
  readonly gapDomain: readonly [number, number];
  readonly view: PictureView;
  readonly runs: readonly PictureRun[];
}

/** Points kept of each run: more than a screen can show apart. */
const pointLimit = 2000;
const smallestGap = 1e-16;
/** Below this a gap is the rounding of f, not progress. */
const roundingOf = (minimum: number): number => Math.max(smallestGap, 4 * Number.EPSILON * Math.abs(minimum));
/**
 * Coordinates are held within this many box widths of the box; a diverging run needs no more to be seen
 * leaving.
 */
const farthest = 20;

const significant = (value: number, digits: number): number => Number(value.toPrecision(digits));

/** A line that crosses the picture more often than this is a block of colour. */
const mostCrossings = 12;

const travelled = (values: readonly number[]): number =>
  values.reduce((sum, value, i) => sum + Math.abs(value - (values[i - 1] ?? value)), 0);

function pictureRun(
  run: RaceRun,
  index: number,
  data: RaceData,
  [lowestGap, highestGap]: readonly [number, number],
): PictureRun {
  const length = run.gap.length;
  const held = (values: ArrayLike<number>, [low, high]: readonly [number, number]): readonly number[] => {
    const reach = farthest * (high - low);
    return Array.from(values, (value) => Math.min(high + reach, Math.max(low - reach, value)));
  };
  const { view } = data;
  const [xBounds, yBounds] = view.kind === "plane" ? view.bounds : [view.bounds, view.bounds];
  const x = held(run.x, xBounds);
  const y = run.y === undefined ? [] : held(run.y, yBounds);
  // In units of what is visible: the box for the coordinates, and for the gap a chart that is half as high.
  const decades = 2 * Math.log10(highestGap / lowestGap);
  const channels = [
    x.map((value) => value / (xBounds[1] - xBounds[0])),
    ...(run.y === undefined ? [] : [y.map((value) => value / (yBounds[1] - yBounds[0]))]),
    Array.from(run.gap, (gap) => Math.log10(Math.min(highestGap, Math.max(lowestGap, gap))) / decades),
  ];
  const kept = decimate(channels, length, pointLimit);
  const pick = (values: ArrayLike<number>, digits: number): readonly number[] =>
    kept.map((step) => significant(values[step] ?? Number.NaN, digits));
  const rounding = roundingOf(data.minimum);
  return {
    label: run.label,
    style: seriesStyle(index),
    steps: kept,
    x: pick(x, 6),
    y: run.y === undefined ? [] : pick(y, 6),
    oscillates: run.y === undefined && travelled(x) > mostCrossings * (xBounds[1] - xBounds[0]),
    gap: pick(run.gap, 5).map((gap) => (gap < rounding ? 0 : gap)),
    ...(run.outcome.kind === "diverged" ? { diverged: run.outcome.step } : {}),
  };
}

/**
 * From where all start, at most a hundred times up and as far down as any run gets. Of three runs or more one
 * alone does not set how far up: what only it passes would press the others together.
 */
function gapDomain(data: RaceData): readonly [number, number] {
  const rounding = roundingOf(data.minimum);
  let low = data.threshold;
  let start = data.threshold;
  const peaks = data.runs.map((run) => {
    start = Math.max(start, run.gap[0] ?? 0);
    const limit = 100 * Math.max(data.threshold, run.gap[0] ?? 0);
    let peak = 0;
    for (const gap of Array.from(run.gap)) {
      if (gap >= rounding) low = Math.min(low, gap);
      peak = Math.max(peak, Math.min(gap, limit));
    }
    return peak;
  });
  peaks.sort((a, b) => b - a);
  const high = Math.max(start, peaks[peaks.length < 3 ? 0 : 1] ?? 0);
  return [low / 2, high * 2];
}

/** The coordinates that a picture shows, of a point that may have a million. */
const drawn = (point: readonly number[]): readonly number[] => point.slice(0, 2);

/** Thins the runs and finds the contour lines. */
export function racePicture(data: RaceData): RacePicture {
  const { view } = data;
  const visibleGaps = gapDomain(data);
  return {
    title: data.title,
    steps: data.steps,
    threshold: data.threshold,
    start: drawn(data.start),
    minimisers: data.minimisers.map(drawn),
    gapDomain: visibleGaps,
    view:
      view.kind === "line"
        ? view
        : {
            kind: "plane",
            bounds: view.bounds,
            cells: [view.field.columns - 1, view.field.rows - 1],
            contours: contourPaths(view.field),
          },
    // The style is that of the table; the order is its ranks.
    runs: ranked(data.runs).map((run) => pictureRun(run, data.runs.indexOf(run), data, visibleGaps)),
  };
}
