import type { FullInverseRootSettings } from "../../checks.js";
import { dampingOf } from "../../reference/inverseRoot.js";
import { call, type Layout, type Workspace } from "../workspace.js";
import { doubleBytes } from "./layout.js";
import { poleBlock, poleDoubles } from "./poleKernel.js";
import { type Pole, polesOf } from "./poles.js";
import { gershgorin, isAbove, leastEigenvalue } from "./spectrumBounds.js";
import type { TridiagonalRoom } from "./tridiagonal.js";

/*
 * f(T) = (T + shift I)^(−1/p) of a tridiagonal T without eigenvectors: a sum of inverses of T + σI over
 * poles, each given by two sequences. With pivots d of LDLᵀ, ratios r_i = −b_i/d_i, and g the inverse's
 * diagonal, g_i = 1/d_i + r_i² g_{i+1} from the end: entry (i, j) of the inverse is g_i r_j r_{j+1} …
 * r_{i−1} for j ≤ i. Nothing in it is subtracted but in the pivots.
 */

/** Conditions for which poles are kept ready; beyond the last, pivots near it would be rounding. */
const conditions = [1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12];

/** Added to products of ratios so that they do not fall among the numbers that processors are slow with. */
const leastProduct = 1e-200;

/**
 * (T + damping)^(−1/root) for root > 1, in the blocks on and below the diagonal of the room's matrix, up to
 * the factor that it returns; undefined, and nothing written, where T is too near to singular for poles, or
 * zero.
 */
export function tridiagonalRoot(
  { size, matrix: { address, stride }, diagonal, offDiagonal }: TridiagonalRoom,
  root: number,
  settings: FullInverseRootSettings,
  layout: Layout,
): (workspace: Workspace) => number | undefined {
  const rules: (readonly Pole[])[] = [];
  const ruleOf = (index: number, condition: number): readonly Pole[] => {
    const rule = rules[index] ?? polesOf(root, condition);
    rules[index] = rule;
    return rule;
  };
  const most = polesOf(root, conditions.at(-1) ?? 1).length;
  const blocks = Math.ceil(size / poleBlock);
  const length = blocks * poleBlock;
  const rows = layout.take(length * most * doubleBytes);
  const coefficients = layout.take(most * poleDoubles * doubleBytes);
  const sweeps = Array.from({ length: blocks }, (_, block) =>
    call("poleRows", [
      ...[rows, coefficients, 0, block],
      address + block * poleBlock * stride * doubleBytes,
      stride * doubleBytes,
    ]),
  );
  const scaled = new Float64Array(size);
  const beside = new Float64Array(size);
  const ratios = new Float64Array(most * length);
  const inverses = new Float64Array(most * length);
  const corner = new Float64Array(poleBlock * poleBlock);

  /** The shift of T/bound, as `eigenvaluePowers` has it. */
  const shiftOf = (bound: number): number => {
    const largest = () => {
      for (let i = 0; i < size; i++) scaled[i] = -(scaled[i] ?? 0);
      const value = -leastEigenvalue(scaled, beside);
      for (let i = 0; i < size; i++) scaled[i] = -(scaled[i] ?? 0);
      return value * bound;
    };
    const damping = dampingOf(settings, largest) / bound;
    return isAbove(scaled, beside, 0) ? damping : damping - Math.min(0, leastEigenvalue(scaled, beside));
  };

  /** The two sequences of one pole's inverse; zeros behind their ends. */
  const factorise = (shift: number, start: number): void => {
    let inverse = 0;
    let previous = 0;
    for (let i = 0; i < size; i++) {
      inverse = 1 / ((scaled[i] ?? 0) + shift - previous * previous * inverse);
      previous = beside[i] ?? 0;
      inverses[start + i] = inverse;
      ratios[start + i] = -previous * inverse;
    }
    let below = 0;
    for (let i = start + size - 1; i >= start; i--) {
      const ratio = ratios[i] ?? 0;
      below = (inverses[i] ?? 0) + ratio * ratio * below;
      inverses[i] = below;
    }
  };

  /**
   * What pole k brings along for eight rows from `first` on; adds its part of the square block on the
   * diagonal to `corner`.
   */
  const prepare = (doubles: Float64Array, k: number, first: number, weight: number): void => {
    const at = coefficients / doubleBytes + k * poleDoubles;
    const start = k * length + first;
    let product = 1;
    for (let i = 0; i < poleBlock; i++) {
      const factor = weight * (inverses[start + i] ?? 0);
      doubles[at + i] = factor * product;
      product *= ratios[start + i] ?? 0;
      let entry = factor;
      for (let j = i; j >= 0; j--) {
        corner[i * poleBlock + j] = (corner[i * poleBlock + j] ?? 0) + entry;
        entry *= ratios[start + j - 1] ?? 0;
      }
    }
    doubles[at + poleBlock] = product;
    doubles[at + poleBlock + 1] = leastProduct;
  };

  return (workspace) => {
    const bound = gershgorin(diagonal, offDiagonal);
    if (bound === 0) return undefined;
    for (let i = 0; i < size; i++) scaled[i] = (diagonal[i] ?? 0) / bound;
    for (let i = 0; i < size - 1; i++) beside[i] = (offDiagonal[i] ?? 0) / bound;
    const shift = shiftOf(bound);
    const top = 1 + shift;
    const fits = (condition: number) => isAbove(scaled, beside, top / condition - shift);
    const index = conditions.findIndex(fits);
    const condition = conditions[index];
    if (condition === undefined) return undefined;
    const poles = ruleOf(index, condition);
    const { doubles } = workspace;
    poles.forEach((pole, k) => {
      factorise(shift + top * pole.shift, k * length);
    });
    sweeps.forEach((sweep, block) => {
      const first = block * poleBlock;
      corner.fill(0);
      poles.forEach(({ weight }, k) => {
        prepare(doubles, k, first, weight * top);
      });
      sweep.words[2] = poles.length;
      workspace.call(sweep);
      const start = address / doubleBytes + first * (stride + 1);
      for (let i = 0; i < poleBlock; i++) {
        for (let j = 0; j <= i; j++) {
          const entry = corner[i * poleBlock + j] ?? 0;
          doubles[start + i * stride + j] = entry;
          doubles[start + j * stride + i] = entry;
        }
      }
      poles.forEach((_, k) => {
        const row = rows / doubleBytes + (block * poles.length + k) * poleBlock;
        let product = 1;
        for (let j = poleBlock - 1; j >= 0; j--) {
          product *= ratios[k * length + first + j] ?? 0;
          doubles[row + j] = product;
        }
      });
    });
    return (bound * top) ** (-1 / root);
  };
}
