import type { RaceData, RaceView } from "@steepest/report";
import type { Trajectory } from "@steepest/train";
import type { Landscape } from "@steepest/workloads";

/** What the race was run with. */
export interface RaceSettings {
  readonly steps: number;
  readonly start: readonly number[];
  readonly threshold: number;
  readonly notes: readonly string[];
  readonly command: string;
}

type Interval = readonly [number, number];

/**
 * Samples of the field along each side: enough that contours look smooth on a projector, fewer where a sample
 * is dear.
 */
const samples = { most: 240, fewest: 24 } as const;
/** Coordinates that the samples of a field may read in all, which takes seconds. */
const mostReads = 2e8;
const samplesIn = (dimension: number): number =>
  Math.max(samples.fewest, Math.min(samples.most, Math.floor(Math.sqrt(mostReads / dimension))));
/** Room around the landscape's box, so that a start on its edge is seen whole. */
const room = 0.04;

/** The landscape's interval of a coordinate, wide enough to hold the start, with a little room. */
function box([low, high]: Interval, start: number): Interval {
  const bottom = Math.min(low, start);
  const top = Math.max(high, start);
  const margin = room * (top - bottom);
  return [bottom - margin, top + margin];
}

/** The plane of the first two coordinates, through the first minimiser. */
function planeView(landscape: Landscape, start: readonly number[]): RaceView {
  const [first = [0, 1], second = [0, 1]] = landscape.bounds;
  const bounds = [box(first, start[0] ?? Number.NaN), box(second, start[1] ?? Number.NaN)] as const;
  const point = [...(landscape.minimisers[0] ?? landscape.start)];
  const side = samplesIn(landscape.dimension);
  const sampleAt = ([low, high]: Interval, index: number): number =>
    low + ((high - low) * index) / (side - 1);
  const values = new Float64Array(side * side);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      point[0] = sampleAt(bounds[0], column);
      point[1] = sampleAt(bounds[1], row);
      values[row * side + column] = landscape.value(point) - landscape.minimum;
    }
  }
  return {
    kind: "plane",
    bounds,
    field: { columns: side, rows: side, values },
    ...(landscape.dimension > 2 ? { slice: "first two coordinates, the slice through the minimiser" } : {}),
  };
}

/** The race as plain data for tables and pictures. */
export function raceData(
  landscape: Landscape,
  trajectories: readonly Trajectory[],
  settings: RaceSettings,
): RaceData {
  return {
    title: landscape.title,
    source: landscape.source,
    dimension: landscape.dimension,
    minimum: landscape.minimum,
    minimisers: landscape.minimisers,
    ...settings,
    view:
      landscape.dimension === 1
        ? { kind: "line", bounds: landscape.bounds[0] ?? [0, 1] }
        : planeView(landscape, settings.start),
    runs: trajectories.map(({ coordinates: [x = new Float64Array(), y], values, ...run }) => ({
      ...run,
      x,
      ...(y === undefined ? {} : { y }),
      gap: values.map((value) => value - landscape.minimum),
    })),
  };
}
