import type { ParameterSpec } from "../src/parameter.js";

/** Tensors of awkward sizes: odd, one element, a scalar, none. */
export const awkwardParameters: readonly ParameterSpec[] = [
  { name: "weight", shape: [7, 5], role: "hiddenMatrix" },
  { name: "bias", shape: [5], role: "bias" },
  { name: "empty", shape: [0, 3], role: "other" },
  { name: "scale", shape: [], role: "norm" },
  { name: "one", shape: [1], role: "other" },
  { name: "head", shape: [3, 41], role: "head" },
];

/** What tests need of an optimizer of either kind. */
export interface Arrays {
  readonly parameters: readonly ParameterSpec[];
  parameter(name: string): Float32Array | Float64Array;
  gradient(name: string): Float32Array | Float64Array;
  readonly inputs?: readonly string[];
  input?(input: string, name: string): Float32Array | Float64Array;
}

/** A fixed number in (−1, 1) for two integers, the same in float32 and float64. */
export const noise = (seed: number, index: number): number => {
  const value = Math.sin(seed * 12.9898 + index * 78.233) * 43758.5453;
  return Math.fround(2 * (value - Math.floor(value)) - 1);
};

/** Fixed starting values. */
export function initialise(arrays: Arrays): void {
  for (const [p, { name }] of arrays.parameters.entries()) {
    const view = arrays.parameter(name);
    for (let i = 0; i < view.length; i++) view[i] = noise(1000 + p, i);
  }
}

/**
 * Gradients of step k: now and then a step of zeros, one a thousand times smaller and one a thousand times
 * larger; every seventh coordinate is always zero, every eleventh is missing in most steps. What the rule
 * takes beside gradients is their squares.
 */
export function fillGradients(arrays: Arrays, step: number): void {
  const scale = step % 5 === 3 ? 0 : step % 7 === 4 ? 1e-3 : step % 11 === 6 ? 1e3 : 1;
  for (const [p, { name }] of arrays.parameters.entries()) {
    const view = arrays.gradient(name);
    for (let i = 0; i < view.length; i++) {
      const absent = i % 7 === 6 || (i % 11 === 10 && step % 4 !== 0);
      view[i] = absent ? 0 : Math.fround(scale * noise(step * 64 + p, i));
    }
    for (const input of arrays.inputs ?? []) arrays.input?.(input, name).set(view.map((g) => g * g));
  }
}

/** All parameters, one after the other. */
export const flatten = (arrays: Arrays): number[] =>
  arrays.parameters.flatMap(({ name }) => [...arrays.parameter(name)]);

/** Puts all parameters back to what `flatten` gave. */
export function unflatten(arrays: Arrays, values: readonly number[]): void {
  let from = 0;
  for (const { name } of arrays.parameters) {
    const view = arrays.parameter(name);
    view.set(values.slice(from, from + view.length));
    from += view.length;
  }
}
