import type { Optimizer } from "../src/optimizer/config.js";
import type { ParameterSpec } from "../src/parameter.js";

/** One parameter of this many elements. */
export const vector = (size: number): readonly ParameterSpec[] => [
  { name: "x", shape: [size], role: "other" },
];

/** A value at x; the gradient goes to `gradient`. */
export type Objective = (x: ArrayLike<number>, gradient: { [index: number]: number }) => number;

/** The convex quadratic ½ Σ aᵢ (xᵢ − cᵢ)². */
export const parabola: Objective = (x, gradient) => {
  let value = 0;
  for (let i = 0; i < x.length; i++) {
    const distance = (x[i] ?? 0) - (i - 2) / 2;
    const curvature = 0.5 + (i % 3);
    value += (curvature * distance * distance) / 2;
    gradient[i] = curvature * distance;
  }
  return value;
};

/** Σ 100 (x[i+1] − x[i]²)² + (1 − x[i])². */
export const rosenbrock: Objective = (x, gradient) => {
  let value = 0;
  for (let i = 0; i < x.length; i++) gradient[i] = 0;
  for (let i = 0; i + 1 < x.length; i++) {
    const [here = 0, next = 0] = [x[i], x[i + 1]];
    const curve = next - here * here;
    value += 100 * curve * curve + (1 - here) ** 2;
    gradient[i] = (gradient[i] ?? 0) - 400 * curve * here - 2 * (1 - here);
    gradient[i + 1] = (gradient[i + 1] ?? 0) + 200 * curve;
  }
  return value;
};

/**
 * The Hessian's diagonal at x by central differences of the gradient, as the input of an optimizer that asks
 * for it.
 */
export function fillHessian(optimizer: Optimizer, objective: Objective): void {
  const x = optimizer.parameter("x");
  for (const input of optimizer.inputs)
    optimizer.input(input, "x").set(
      Array.from(x, (_, i) => {
        const slopes = [1e-3, -1e-3].map((shift) => {
          const gradient: number[] = [];
          objective(Array.from(x).with(i, (x[i] ?? 0) + shift), gradient);
          return gradient[i] ?? 0;
        });
        return ((slopes[0] ?? 0) - (slopes[1] ?? 0)) / 2e-3;
      }),
    );
}
