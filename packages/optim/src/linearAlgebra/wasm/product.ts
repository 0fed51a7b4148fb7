import { checkGram, checkProduct } from "../checks.js";
import type { GramTask, Matrix, ProductTask } from "../linearAlgebra.js";
import type { Panels } from "./layout.js";
import {
  calls,
  fetch,
  multiplyPanels,
  pack,
  packTransposed,
  type Step,
  stage,
  stagingBytes,
  takePanels,
} from "./steps.js";
import type { Layout } from "./workspace.js";

const bytesOf = ({ rows, columns }: Matrix): number => stagingBytes(rows, columns);

/** Copies a matrix into panels of itself or of its transpose. */
function load(matrix: Matrix, transpose: boolean, staging: number, panels: Panels): readonly Step[] {
  const packing = transpose ? packTransposed(staging, panels) : pack(staging, panels);
  return [stage(matrix, staging), calls([packing])];
}

/** result = alpha · op(a) op(b) + beta · result. */
export function productSteps(task: ProductTask, layout: Layout): readonly Step[] {
  const { m, k, n } = checkProduct(task, "float32");
  const { a, b, result, transposeA = false, transposeB = false, alpha = 1, beta = 0 } = task;
  const staging = layout.take(Math.max(bytesOf(a), bytesOf(b), bytesOf(result)));
  const left = takePanels(layout, k, m);
  const right = takePanels(layout, k, n);
  const panels = takePanels(layout, m, n);
  return [
    ...load(a, !transposeA, staging, left),
    ...load(b, transposeB, staging, right),
    ...(beta === 0 ? [] : load(result, false, staging, panels)),
    calls(
      multiplyPanels(left, right, panels, {
        alpha,
        ...(beta === 0 ? {} : { addend: { panels, factor: beta } }),
      }),
    ),
    fetch(panels, staging, result),
  ];
}

/** result = decay · result + weight · A Aᵀ or Aᵀ A. */
export function gramSteps(task: GramTask, layout: Layout): readonly Step[] {
  const { size, inner } = checkGram(task, "float32");
  const { matrix, result, coefficients } = task;
  const staging = layout.take(Math.max(bytesOf(matrix), bytesOf(result)));
  const factor = takePanels(layout, inner, size);
  const panels = takePanels(layout, size, size);
  const fresh = multiplyPanels(factor, factor, panels, { symmetric: true });
  const accumulating = multiplyPanels(factor, factor, panels, {
    addend: { panels, factor: 1 },
    symmetric: true,
  });
  const previous = load(result, false, staging, panels);
  return [
    ...load(matrix, task.of === "rows", staging, factor),
    (workspace) => {
      const { decay, weight } = coefficients;
      if (decay !== 0) for (const step of previous) step(workspace);
      const chosen = decay === 0 ? fresh : accumulating;
      chosen.forEach((one, block) => {
        one.factors[0] = weight;
        one.factors[1] = block === 0 ? decay : 1;
        workspace.call(one);
      });
    },
    fetch(panels, staging, result),
  ];
}
