import { SteepestError } from "@steepest/optim";
import { type RandomStream, randomStream } from "@steepest/random";
import { at } from "../vector.js";
import { denseRows, type Rows, sparseRows } from "./rows.js";

/** Makes the columns of a matrix (given as columns) orthonormal, by Gram–Schmidt done twice. */
function orthonormalise(columns: readonly Float64Array[]): void {
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
  for (const [k, column] of columns.entries()) {
    // Once leaves an error of the condition number times the rounding unit; twice is enough (Parlett 1998,
    // section 6.9).
    for (let pass = 0; pass < 2; pass++) {
      for (const earlier of columns.slice(0, k)) {
        const along = dot(column, earlier);
        for (let i = 0; i < column.length; i++) column[i] = (column[i] ?? 0) - along * (earlier[i] ?? 0);
      }
    }
    const norm = Math.sqrt(dot(column, column));
    for (let i = 0; i < column.length; i++) column[i] = (column[i] ?? 0) / norm;
  }
}

const gaussianColumns = (rows: number, columns: number, stream: RandomStream): Float64Array[] =>
  Array.from({ length: columns }, () => Float64Array.from({ length: rows }, stream.normal));

function orthonormalColumns(rows: number, columns: number, stream: RandomStream): readonly Float64Array[] {
  const result = gaussianColumns(rows, columns, stream);
  orthonormalise(result);
  return result;
}

/** Eigenvalues that fall geometrically from 1 to 1 over the condition number. */
const spectrum = (dimension: number, conditionNumber: number): Float64Array =>
  Float64Array.from({ length: dimension }, (_, k) =>
    dimension === 1 ? 1 : conditionNumber ** (-k / (dimension - 1)),
  );

/** What a random dense matrix of samples should be like. */
export interface DenseOptions {
  /** n, at least the dimension. */
  readonly count: number;
  readonly dimension: number;
  /** Ratio of the largest to the smallest eigenvalue of AᵀA/n, whose largest is 1. */
  readonly conditionNumber: number;
  readonly seed: number;
}

/**
 * A = √n Q S Wᵀ with random orthonormal Q (n × d) and W (d × d), and S² falling geometrically from 1 to 1
 * over the condition number: AᵀA/n has exactly the eigenvalues S².
 * @throws SteepestError `invalid-value` where there are fewer samples than dimensions or the condition number
 *   is below 1.
 */
export function denseFeatures({ count, dimension, conditionNumber, seed }: DenseOptions): Rows {
  if (!(dimension >= 1 && count >= dimension && conditionNumber >= 1)) {
    throw new SteepestError(
      "invalid-value",
      `dense features: expected count >= dimension >= 1 and a condition number >= 1, found ${count}, ${dimension} and ${conditionNumber}`,
      "Draw more samples or fewer dimensions",
    );
  }
  const left = orthonormalColumns(count, dimension, randomStream(seed, "features", "left"));
  const right = orthonormalColumns(dimension, dimension, randomStream(seed, "features", "right"));
  const values = new Float64Array(count * dimension);
  const eigenvalues = spectrum(dimension, conditionNumber);
  for (const [k, q] of left.entries()) {
    const scale = Math.sqrt(count * at(eigenvalues, k));
    const w = right[k] ?? new Float64Array(dimension);
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < dimension; j++) {
        const index = i * dimension + j;
        values[index] = (values[index] ?? 0) + scale * (q[i] ?? 0) * (w[j] ?? 0);
      }
    }
  }
  return denseRows(count, dimension, values);
}

/** The scales of the columns. */
export interface ColumnScales {
  /** What the entries of every column are multiplied by; default 1. */
  readonly scale?: number;
  /**
   * Ratio of the largest to the smallest further factor that a column may get, drawn log-uniformly around 1:
   * features measured in unlike units. Default 1.
   */
  readonly spread?: number;
}

/** A factor for each column. */
function columnScales(
  dimension: number,
  { scale = 1, spread = 1 }: ColumnScales,
  seed: number,
): Float64Array {
  if (!(spread >= 1 && Number.isFinite(spread))) {
    throw new SteepestError(
      "invalid-value",
      `features: expected a finite spread of scales >= 1, found ${spread}`,
      "Use 1 for columns of one scale",
    );
  }
  const stream = randomStream(seed, "features", "scales");
  return Float64Array.from({ length: dimension }, () => scale * spread ** (stream.uniform() - 0.5));
}

/**
 * Independent rows N(0, W S² Wᵀ) with a random orthonormal W (d × d) and S² falling geometrically from 1 to 1
 * over the condition number: what {@link denseFeatures} has exactly these have on average, and any part of
 * them follows the same law. Columns are scaled last.
 * @throws SteepestError `invalid-value` where one of the numbers is below 1.
 */
export function gaussianFeatures(options: DenseOptions & ColumnScales): Rows {
  const { count, dimension, conditionNumber, seed } = options;
  if (!(dimension >= 1 && count >= 1 && conditionNumber >= 1)) {
    throw new SteepestError(
      "invalid-value",
      `Gaussian features: expected count >= 1, dimension >= 1 and a condition number >= 1, found ${count}, ${dimension} and ${conditionNumber}`,
      "Draw at least one sample of one dimension",
    );
  }
  const axes = orthonormalColumns(dimension, dimension, randomStream(seed, "features", "axes"));
  const deviations = spectrum(dimension, conditionNumber).map(Math.sqrt);
  const scales = columnScales(dimension, options, seed);
  const stream = randomStream(seed, "features", "gaussian");
  const values = new Float64Array(count * dimension);
  const none = new Float64Array(dimension);
  for (let i = 0; i < count; i++) {
    const row = values.subarray(i * dimension, (i + 1) * dimension);
    // Four axes at a time, added one after the other: the same bits with a fourth of the reads and writes.
    for (let k = 0; k < dimension; k += 4) {
      const [a0 = none, a1 = none, a2 = none, a3 = none] = axes.slice(k, k + 4);
      const draw = (axis: number) => (axis < dimension ? at(deviations, axis) * stream.normal() : 0);
      const [x0, x1, x2, x3] = [draw(k), draw(k + 1), draw(k + 2), draw(k + 3)];
      for (let j = 0; j < dimension; j++) {
        const two = (row[j] ?? 0) + x0 * (a0[j] ?? 0) + x1 * (a1[j] ?? 0);
        row[j] = two + x2 * (a2[j] ?? 0) + x3 * (a3[j] ?? 0);
      }
    }
    for (let j = 0; j < dimension; j++) row[j] = (row[j] ?? 0) * (scales[j] ?? 0);
  }
  return denseRows(count, dimension, values);
}

/** What a random sparse matrix of samples should be like. */
export interface SparseOptions {
  readonly count: number;
  readonly dimension: number;
  /** Entries other than zero in each row, 1 … dimension. */
  readonly entriesPerRow: number;
  readonly seed: number;
}

/** Compressed rows with as many entries each in columns that `draw` gives, repeated ones drawn again. */
function rowsOf(
  { count, dimension, entriesPerRow }: SparseOptions,
  draw: () => number,
  value: (column: number) => number,
): Rows {
  if (!(Number.isInteger(entriesPerRow) && entriesPerRow >= 1 && entriesPerRow <= dimension)) {
    throw new SteepestError(
      "invalid-value",
      `sparse features: expected 1 to ${dimension} entries a row, found ${entriesPerRow}`,
      "Choose fewer entries or more dimensions",
    );
  }
  const columnOf = new Int32Array(count * entriesPerRow);
  /** The row, counted from 1, that a column was last drawn for. */
  const drawnFor = new Int32Array(dimension);
  for (let row = 1; row <= count; row++) {
    const columns = columnOf.subarray((row - 1) * entriesPerRow, row * entriesPerRow);
    for (let k = 0; k < entriesPerRow; ) {
      const column = draw();
      if (drawnFor[column] === row) continue;
      drawnFor[column] = row;
      columns[k++] = column;
    }
    columns.sort();
  }
  return sparseRows({
    columns: dimension,
    offsets: Int32Array.from({ length: count + 1 }, (_, i) => i * entriesPerRow),
    columnOf,
    values: Float64Array.from(columnOf, value),
  });
}

/**
 * Rows with the same number of entries in random columns, each N(0, 1/entries), so that rows have length 1 on
 * average.
 * @throws SteepestError `invalid-value` where a row cannot have so many entries.
 */
export function sparseFeatures(options: SparseOptions): Rows {
  const stream = randomStream(options.seed, "features", "sparse");
  return rowsOf(
    options,
    () => stream.integer(options.dimension),
    () => stream.normal() / Math.sqrt(options.entriesPerRow),
  );
}

/** What is not usual about bags of words. */
export interface ZipfOptions extends SparseOptions, ColumnScales {
  /** By which power of its rank a word is rarer than the first; default 1. */
  readonly exponent?: number;
}

/**
 * Bags of words: each row holds an entry in as many different columns, column j drawn with a probability
 * proportional to 1/(j + 1) (Zipf's law) or a power of that, so that the first columns are common and the
 * last ones rare. Entries are 1, or their column's scale.
 * @throws SteepestError `invalid-value` where a row cannot have so many entries or the spread is below 1.
 */
export function zipfFeatures(options: ZipfOptions): Rows {
  const { dimension, exponent = 1, seed } = options;
  const stream = randomStream(seed, "features", "zipf");
  const scales = columnScales(dimension, options, seed);
  const cumulative = new Float64Array(dimension);
  let total = 0;
  for (let j = 0; j < dimension; j++) cumulative[j] = total += (j + 1) ** -exponent;
  const draw = (): number => {
    const mark = stream.uniform() * total;
    let [low, high] = [0, dimension - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulative[middle] ?? total) > mark) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  return rowsOf(options, draw, (column) => at(scales, column));
}

/**
 * The weights that {@link linearTargets} and {@link classLabels} know and a method has to find: N(0,
 * deviation²).
 */
export function trueWeights(dimension: number, seed: number, deviation = 1): Float64Array {
  const { normal } = randomStream(seed, "weights");
  return Float64Array.from({ length: dimension }, () => deviation * normal());
}

/** bᵢ = aᵢᵀ x* + noise · N(0, 1) with the weights x* of {@link trueWeights}. */
export function linearTargets(features: Rows, noise: number, seed: number, deviation = 1): Float64Array {
  const weights = trueWeights(features.columns, seed, deviation);
  const stream = randomStream(seed, "noise");
  return Float64Array.from(
    { length: features.rows },
    (_, i) => features.dot(i, weights) + noise * stream.normal(),
  );
}

/** What is not usual about labels. */
export interface LabelOptions {
  /** Standard deviation of the true weights; default 1. */
  readonly deviation?: number;
  /** The share of labels that are turned into the other class; default 0. */
  readonly flipped?: number;
}

/**
 * yᵢ = 1 with probability 1 / (1 + exp(−aᵢᵀ x*)), else −1, with the weights x* of {@link trueWeights}: labels
 * that logistic regression describes.
 */
export function classLabels(
  features: Rows,
  seed: number,
  { deviation = 1, flipped = 0 }: LabelOptions = {},
): Float64Array {
  const weights = trueWeights(features.columns, seed, deviation);
  const stream = randomStream(seed, "labels");
  const flips = randomStream(seed, "flipped labels");
  return Float64Array.from({ length: features.rows }, (_, i) => {
    const label = stream.uniform() < 1 / (1 + Math.exp(-features.dot(i, weights))) ? 1 : -1;
    return flips.uniform() < flipped ? -label : label;
  });
}
