import { contours } from "d3-contour";

/** A function of two variables sampled on a regular grid whose outer samples lie on the edges of the box. */
export interface Field {
  readonly columns: number;
  readonly rows: number;
  /** f − f* at the samples, row by row from the smallest y, `columns` · `rows` numbers. */
  readonly values: ArrayLike<number>;
}

/** A contour line, as a path that can be filled. */
export interface ContourLevel {
  /** f − f* on this line. */
  readonly level: number;
  /** The region at or above the level as SVG path data (even-odd), in tenths of a grid cell, y upwards. */
  readonly path: string;
}

const maximumLevels = 26;
const levelsPerDecade = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 30, 50];
/**
 * The share of the box inside the lowest line. Any lower and a narrow valley falls apart into islands of the
 * grid.
 */
const lowestShare = 0.015;

/** Log-spaced levels 10^(j/n) that cover the positive finite values, ascending, at most 26. */
export function contourLevels(values: ArrayLike<number>): readonly number[] {
  const sorted = Array.from(values)
    .filter((value) => Number.isFinite(value) && value > 0)
    .sort((a, b) => a - b);
  const low = sorted[Math.floor(lowestShare * sorted.length)];
  const high = sorted.at(-1);
  if (low === undefined || high === undefined || low >= high) return [];
  const decades = Math.log10(high / low);
  const density =
    levelsPerDecade.findLast((count) => count * decades <= maximumLevels) ?? maximumLevels / decades;
  const levels: number[] = [];
  for (let j = Math.ceil(Math.log10(low) * density); j <= Math.log10(high) * density; j++) {
    levels.push(10 ** (j / density));
  }
  return levels;
}

/** Path data of closed rings in tenths of a cell, relative moves, repeated points left out. */
function ringPath(ring: readonly (readonly number[])[]): string {
  let text = "";
  let previousX = 0;
  let previousY = 0;
  for (const point of ring.slice(0, -1)) {
    // A sample's value belongs to its cell's centre, half a cell from the corner that d3-contour counts from.
    const x = Math.round(10 * ((point[0] ?? 0) - 0.5));
    const y = Math.round(10 * ((point[1] ?? 0) - 0.5));
    if (text === "") text = `M${x} ${y}l`;
    else if (x !== previousX || y !== previousY) text += `${x - previousX} ${y - previousY} `;
    previousX = x;
    previousY = y;
  }
  return text.endsWith("l") ? "" : `${text.trimEnd()}z`;
}

/**
 * Contour lines at log-spaced levels, found by marching squares on log f so that they are as smooth low as
 * high.
 */
export function contourPaths(field: Field): readonly ContourLevel[] {
  const levels = contourLevels(field.values);
  const lowest = levels[0];
  if (lowest === undefined) return [];
  const logs = Array.from(field.values, (value) =>
    Math.log10(Number.isFinite(value) ? Math.max(value, lowest / 1e3) : Number.MAX_VALUE),
  );
  const generator = contours().size([field.columns, field.rows]).smooth(true);
  return levels.map((level) => ({
    level,
    path: generator
      .contour(logs, Math.log10(level))
      .coordinates.flatMap((polygon) => polygon.map(ringPath))
      .join(""),
  }));
}
