import { mean } from "./descriptive.js";

/** The slope of the least-squares line through (x, y). */
export function slope(x: readonly number[], y: readonly number[]): number {
  const [centreX, centreY] = [mean(x), mean(y)];
  let [products, squares] = [0, 0];
  for (const [i, value] of x.entries()) {
    products += (value - centreX) * ((y[i] ?? Number.NaN) - centreY);
    squares += (value - centreX) ** 2;
  }
  return products / squares;
}

/** The p of y ≈ c · xᵖ: the slope of log y over log x, both positive. */
export const growthExponent = (x: readonly number[], y: readonly number[]): number =>
  slope(x.map(Math.log), y.map(Math.log));
