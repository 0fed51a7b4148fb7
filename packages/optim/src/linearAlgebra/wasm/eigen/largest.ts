import type { Values } from "../../../backends/backend.js";
import { maximumPowerSteps, powerStart, settled } from "../../reference/inverseRoot.js";
import { call, type Layout, type Workspace } from "../workspace.js";
import { blockRows, doubleBytes, loadSymmetric, takeDoubleRows } from "./layout.js";

/**
 * λ_max of a positive semi-definite matrix, as the reference finds it; its products are kernels. NaN where an
 * entry is not finite.
 */
export function largestEigenvalueOf(
  size: number,
  layout: Layout,
): (workspace: Workspace, matrix: Values) => number {
  const rows = takeDoubleRows(layout, size);
  const [vector, image] = [layout.take(rows.stride * doubleBytes), layout.take(rows.stride * doubleBytes)];
  const multiply = call("symmetricVector", [
    ...[rows.address, vector, image, rows.rows / blockRows],
    rows.stride * doubleBytes,
  ]);
  const [v, w] = [vector / doubleBytes, image / doubleBytes];
  return (workspace, matrix) => {
    const { doubles } = workspace;
    if (!loadSymmetric(doubles, rows, matrix, size)) return Number.NaN;
    doubles.fill(0, w, w + rows.stride);
    for (let i = 0; i < size; i++) doubles[w + i] = powerStart(i);
    doubles.fill(0, v, v + rows.stride);
    let estimate = 0;
    for (let step = 0; step < maximumPowerSteps; step++) {
      let squares = 0;
      for (let i = w; i < w + size; i++) squares += (doubles[i] ?? 0) ** 2;
      if (squares === 0) return 0;
      const unit = 1 / Math.sqrt(squares);
      for (let i = 0; i < size; i++) doubles[v + i] = (doubles[w + i] ?? 0) * unit;
      workspace.call(multiply);
      let next = 0;
      for (let i = 0; i < size; i++) next += (doubles[v + i] ?? 0) * (doubles[w + i] ?? 0);
      if (Math.abs(next - estimate) <= settled * Math.abs(next)) return next;
      estimate = next;
    }
    return estimate;
  };
}
