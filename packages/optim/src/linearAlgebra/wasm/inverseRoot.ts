import type { FullInverseRootSettings } from "../checks.js";
import type { InverseRootReport, InverseRootTask } from "../linearAlgebra.js";
import { dampingOf, judgeIteration } from "../reference/inverseRoot.js";
import { frobeniusNorm } from "../reference/multiply.js";
import { largestEigenvalueOf } from "./eigen/largest.js";
import { exactRoot } from "./eigen/root.js";
import { floatBytes, type Panels } from "./layout.js";
import { fetch, multiplyPanels, pack, placeOf, stage, stagingBytes, takePanels } from "./steps.js";
import type { Call, Layout, Workspace } from "./workspace.js";

/** One inverse root; the report of what it did. */
export type RunInverseRoot = (workspace: Workspace) => InverseRootReport;

/** (matrix + damping · I)^(−1/root): by products in float32, or exactly by eigenvectors in float64. */
export function planInverseRoot(
  task: InverseRootTask,
  settings: FullInverseRootSettings,
  layout: Layout,
): RunInverseRoot {
  const exact = exactRoot(task, settings, layout);
  if (settings.method === "eigen") {
    const report: InverseRootReport = { method: "eigen", iterations: 0, error: 0 };
    return (workspace) => {
      exact(workspace);
      return report;
    };
  }
  const newton = planCoupledNewton(task, settings, layout);
  return (workspace) => {
    const { iterations, error } = newton(workspace);
    if (error <= settings.fallbackAbove) return { method: "coupledNewton", iterations, error };
    exact(workspace);
    return { method: "eigen", iterations, error };
  };
}

/** The coupled Newton iteration; the iterate before the last stays, in case the last must be rejected. */
function planCoupledNewton(
  { matrix, result, root }: InverseRootTask,
  settings: FullInverseRootSettings,
  layout: Layout,
): (workspace: Workspace) => { readonly iterations: number; readonly error: number } {
  const n = matrix.rows;
  const largest = largestEigenvalueOf(n, layout);
  const staging = layout.take(stagingBytes(n, n));
  const take = () => takePanels(layout, n, n);
  const xs = [take(), take()] as const;
  const ms = [take(), take()] as const;
  const t = take();
  const a = take();
  const load = stage(matrix, staging);
  const packing = [pack(staging, a), pack(staging, ms[0])];
  const symmetric = { symmetric: true };
  const powers = powerOf(t, root, take);
  const iteration = ([from, to]: readonly [0 | 1, 0 | 1]): readonly Call[] => [
    ...multiplyPanels(xs[from], t, xs[to], symmetric),
    ...powers.calls,
    ...multiplyPanels(powers.result, ms[from], ms[to], symmetric),
  ];
  const iterationCalls = [iteration([0, 1]), iteration([1, 0])] as const;
  const fetches = [fetch(xs[0], staging, result), fetch(xs[1], staging, result)] as const;
  const count = stagingBytes(n, n) / floatBytes;

  return (workspace) => {
    const damping = dampingOf(settings, () => largest(workspace, matrix.values));
    load(workspace);
    const { floats } = workspace;
    const start = staging / floatBytes;
    const stride = Math.sqrt(count);
    for (let i = 0; i < n; i++) {
      const place = start + i * (stride + 1);
      floats[place] = (floats[place] ?? 0) + damping;
    }
    const norm = frobeniusNorm(floats.subarray(start, start + count));
    if (!(norm > 0 && norm < Infinity)) {
      result.values.fill(norm === 0 ? 0 : Number.NaN);
      return { iterations: 0, error: norm === 0 ? 1 : Number.NaN };
    }
    const half = (root + 1) / 2;
    for (let i = start; i < start + count; i++) floats[i] = (floats[i] ?? 0) * (half / norm);
    for (const one of packing) workspace.call(one);
    fillIdentity(floats, xs[0], n, half ** (1 / root) * norm ** (-1 / root));
    // Only within n rows and columns is T written; beyond them another task, of another size, has left its
    // own.
    clear(floats, t);
    let error = residual(floats, ms[0], t, n, root);
    let iterations = 0;
    let current: 0 | 1 = 0;
    while (error > settings.tolerance && iterations < settings.iterations) {
      for (const one of iterationCalls[current]) workspace.call(one);
      iterations++;
      const next: 0 | 1 = current === 0 ? 1 : 0;
      const nextError = residual(floats, ms[next], t, n, root);
      const judgement = judgeIteration(nextError, error, settings.tolerance);
      if (judgement === "reject") break;
      current = next;
      error = nextError;
      if (judgement === "accept") break;
    }
    fetches[current](workspace);
    if (error <= settings.fallbackAbove && settings.fallbackAbove < Infinity) {
      // M stays near A Xᵖ only as long as rounding lets it: the root itself is measured.
      copyPanels(floats, xs[current], t);
      for (const one of powers.calls) workspace.call(one);
      for (const one of multiplyPanels(a, powers.result, ms[0], { alpha: norm / half })) workspace.call(one);
      const measured = residual(floats, ms[0], t, n, root);
      if (!(measured <= error)) error = measured;
    }
    return { iterations, error };
  };
}

function copyPanels(floats: Float32Array, from: Panels, to: Panels): void {
  const start = from.address / floatBytes;
  floats.copyWithin(to.address / floatBytes, start, start + from.rows * from.columns);
}

/** t^power by squaring. */
function powerOf(
  t: Panels,
  power: number,
  take: () => Panels,
): { readonly calls: readonly Call[]; readonly result: Panels } {
  if (power === 1) return { calls: [], result: t };
  const half = powerOf(t, Math.floor(power / 2), take);
  const square = take();
  const squaring = [...half.calls, ...multiplyPanels(half.result, half.result, square, { symmetric: true })];
  if (power % 2 === 0) return { calls: squaring, result: square };
  const result = take();
  return { calls: [...squaring, ...multiplyPanels(square, t, result, { symmetric: true })], result };
}

/** T = ((root + 1)I − M)/root into `t`, within the first `size` rows and columns; max|M − I| of them. */
function residual(floats: Float32Array, m: Panels, t: Panels, size: number, root: number): number {
  let result = 0;
  const diagonal = (root + 1) / root;
  for (let column = 0; column < size; column++) {
    const first = placeOf(m, 0, column);
    const shift = placeOf(t, 0, column) - first;
    const own = first + 8 * column;
    for (let place = first; place < first + 8 * size; place += 8) {
      const entry = floats[place] ?? 0;
      const isDiagonal = place === own;
      const distance = Math.abs(isDiagonal ? entry - 1 : entry);
      if (!(distance <= result)) result = distance;
      floats[place + shift] = isDiagonal ? diagonal - entry / root : -entry / root;
    }
  }
  return result;
}

function fillIdentity(floats: Float32Array, panels: Panels, size: number, value: number): void {
  clear(floats, panels);
  for (let i = 0; i < size; i++) floats[placeOf(panels, i, i)] = value;
}

function clear(floats: Float32Array, panels: Panels): void {
  const start = panels.address / floatBytes;
  floats.fill(0, start, start + panels.rows * panels.columns);
}
