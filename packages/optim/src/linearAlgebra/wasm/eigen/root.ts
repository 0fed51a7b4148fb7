import type { FullInverseRootSettings } from "../../checks.js";
import type { InverseRootTask } from "../../linearAlgebra.js";
import { eigenvaluePowers } from "../../reference/inverseRoot.js";
import type { Step } from "../steps.js";
import { call, type Layout, type Workspace } from "../workspace.js";
import { eigenRoom } from "./decomposition.js";
import { blockRows, doubleBytes } from "./layout.js";
import { tridiagonalRoot } from "./poles/tridiagonalRoot.js";
import { type TridiagonalRoom, tridiagonalRoom } from "./tridiagonal.js";

/**
 * A root in the blocks on and below the diagonal of float64 rows: their address, and what to multiply it by.
 */
interface Found {
  readonly address: number;
  readonly factor: number;
}

/**
 * (matrix + damping · I)^(−1/root), by way of a tridiagonal matrix: of that by poles, or by eigenvectors
 * where poles do not serve.
 */
export function exactRoot(task: InverseRootTask, settings: FullInverseRootSettings, layout: Layout): Step {
  const { matrix, result, root } = task;
  const size = matrix.rows;
  const tridiagonal = tridiagonalRoom(size, layout);
  const byPoles = root > 1 ? rootByPoles(tridiagonal, root, settings, layout) : () => undefined;
  const byEigenvectors = rootByEigenvectors(tridiagonal, root, settings, layout);
  const { stride } = tridiagonal.matrix;
  return (workspace) => {
    if (!tridiagonal.run(workspace, matrix.values)) {
      result.values.fill(Number.NaN);
      return;
    }
    const { address, factor } = byPoles(workspace) ?? byEigenvectors(workspace);
    const { doubles } = workspace;
    const start = address / doubleBytes;
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) {
        const entry = factor * (doubles[start + i * stride + j] ?? 0);
        result.values[i * size + j] = entry;
        result.values[j * size + i] = entry;
      }
    }
  };
}

/** Q f(T) Qᵀ; undefined where eigenvalues must be looked at. */
function rootByPoles(
  tridiagonal: TridiagonalRoom,
  root: number,
  settings: FullInverseRootSettings,
  layout: Layout,
): (workspace: Workspace) => Found | undefined {
  const { address } = tridiagonal.matrix;
  const inner = tridiagonalRoot(tridiagonal, root, settings, layout);
  return (workspace) => {
    const factor = inner(workspace);
    if (factor === undefined) return undefined;
    tridiagonal.restore(workspace);
    return { address, factor };
  };
}

/** SᵀS, with S the eigenvectors as rows times the roots of the eigenvalues' powers. */
function rootByEigenvectors(
  tridiagonal: TridiagonalRoom,
  root: number,
  settings: FullInverseRootSettings,
  layout: Layout,
): (workspace: Workspace) => Found {
  const { size, vectors, scales, reflections, values, run } = eigenRoom(tridiagonal, layout);
  const { address, rows, stride } = vectors;
  const product = call("columnGram", [
    ...[address, reflections.address, size, rows / blockRows],
    stride * doubleBytes,
  ]);
  const start = address / doubleBytes;
  return (workspace) => {
    run(workspace);
    const powers = eigenvaluePowers(values, root, settings);
    const { doubles } = workspace;
    for (let i = 0; i < size; i++) {
      const scale = Math.sqrt(powers[i] ?? 0) * (scales[i] ?? 0);
      for (let j = start + i * stride; j < start + i * stride + size; j++) {
        doubles[j] = (doubles[j] ?? 0) * scale;
      }
    }
    workspace.call(product);
    return { address: reflections.address, factor: 1 };
  };
}
