import type { FullInverseRootSettings } from "../../checks.js";
import type { InverseRootTask } from "../../linearAlgebra.js";
import { eigenvaluePowers } from "../../reference/inverseRoot.js";
import type { Step } from "../steps.js";
import { call, type Layout } from "../workspace.js";
import { eigenRoom } from "./decomposition.js";
import { blockRows, doubleBytes } from "./layout.js";

/** (matrix + damping · I)^(−1/root) = SᵀS, with S the eigenvectors as rows times the roots of the eigenvalues' powers. */
export function exactRoot(
  { matrix, result, root }: InverseRootTask,
  settings: FullInverseRootSettings,
  layout: Layout,
): Step {
  const size = matrix.rows;
  const { vectors, scales, reflections, values, run } = eigenRoom(size, layout);
  const { rows, stride } = vectors;
  const product = call("columnGram", [
    ...[vectors.address, reflections.address, size, rows / blockRows],
    stride * doubleBytes,
  ]);
  const [factor, found] = [vectors.address / doubleBytes, reflections.address / doubleBytes];
  return (workspace) => {
    if (!run(workspace, matrix.values)) {
      result.values.fill(Number.NaN);
      return;
    }
    const powers = eigenvaluePowers(values, root, settings);
    const { doubles } = workspace;
    for (let i = 0; i < size; i++) {
      const scale = Math.sqrt(powers[i] ?? 0) * (scales[i] ?? 0);
      for (let j = factor + i * stride; j < factor + i * stride + size; j++) {
        doubles[j] = (doubles[j] ?? 0) * scale;
      }
    }
    workspace.call(product);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) {
        const entry = doubles[found + i * stride + j] ?? 0;
        result.values[i * size + j] = entry;
        result.values[j * size + i] = entry;
      }
    }
  };
}
