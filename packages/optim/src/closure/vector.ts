import type { Values } from "../backends/backend.js";

/** ⟨a, b⟩, summed in float64. */
export function dot(a: Values, b: Values): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** ‖a‖∞. */
export function largest(a: Values): number {
  let size = 0;
  for (const value of a) size = Math.max(size, Math.abs(value));
  return size;
}

/** ‖a‖₁. */
export function sumOfSizes(a: Values): number {
  let sum = 0;
  for (const value of a) sum += Math.abs(value);
  return sum;
}

/** y += factor · a. */
export function addScaled(y: Values, factor: number, a: Values): void {
  for (let i = 0; i < y.length; i++) y[i] = (y[i] ?? 0) + factor * (a[i] ?? 0);
}

/** y = factor · a. */
export function setScaled(y: Values, factor: number, a: Values): void {
  for (let i = 0; i < y.length; i++) y[i] = factor * (a[i] ?? 0);
}
