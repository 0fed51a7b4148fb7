import {
  checkGram,
  checkInverseRoots,
  checkOrthogonalise,
  checkProduct,
  checkQr,
  checkSymmetricEigen,
} from "../checks.js";
import type { InverseRootReport, LinearAlgebra } from "../linearAlgebra.js";
import { synchronousOperation } from "../operation.js";
import { inverseRoot } from "./inverseRoot.js";
import { multiply } from "./multiply.js";
import { orthogonalise } from "./orthogonalise.js";
import { writeEigen, writeQr } from "./write.js";

const precision = "float64";

/**
 * Linear algebra to read and to compare with: float64, each operation as its formula stands, nothing batched,
 * and new memory at every run.
 */
export const referenceLinearAlgebra: LinearAlgebra = {
  name: "reference",
  precision,
  synchronous: true,

  product: (...rounds) => {
    const checked = rounds.flat().map((task) => ({ task, extents: checkProduct(task, precision) }));
    return synchronousOperation(() => {
      for (const { task, extents } of checked) {
        multiply(extents, task.a.values, task.b.values, task.result.values, task);
      }
    });
  },

  gram: (tasks) => {
    const checked = tasks.map((task) => ({ task, extents: checkGram(task, precision) }));
    return synchronousOperation(() => {
      for (const { task, extents } of checked) {
        const { size, inner } = extents;
        const { values } = task.matrix;
        const rows = task.of === "rows";
        multiply({ m: size, k: inner, n: size }, values, values, task.result.values, {
          transposeA: !rows,
          transposeB: rows,
          alpha: task.coefficients.weight,
          beta: task.coefficients.decay,
        });
      }
    });
  },

  symmetricEigen: (tasks) => {
    const checked = tasks.map((task) => ({ task, size: checkSymmetricEigen(task, precision) }));
    return synchronousOperation(() => {
      for (const { task, size } of checked) writeEigen(task, size);
    });
  },

  qr: (tasks) => {
    for (const task of tasks) checkQr(task, precision);
    return synchronousOperation(() => {
      for (const task of tasks) writeQr(task);
    });
  },

  inverseRoot: (tasks, settings) => {
    const full = checkInverseRoots(tasks, settings, precision);
    const reports: InverseRootReport[] = tasks.map(() => ({ method: full.method, iterations: 0, error: 0 }));
    const operation = synchronousOperation(() => {
      tasks.forEach(({ matrix, result, root }, index) => {
        const computed = inverseRoot(matrix.values, matrix.rows, root, full);
        result.values.set(computed.result);
        reports[index] = computed.report;
      });
    });
    return { ...operation, reports };
  },

  orthogonalise: (tasks, settings) => {
    const full = checkOrthogonalise(tasks, settings, precision);
    return synchronousOperation(() => {
      for (const { matrix, result } of tasks) {
        result.values.set(orthogonalise(matrix.values, matrix.rows, matrix.columns, full));
      }
    });
  },
};
