import { checkInverseRoots, checkOrthogonalise, checkQr, checkSymmetricEigen } from "../checks.js";
import type { InverseRootReport, LinearAlgebra, Operation } from "../linearAlgebra.js";
import { synchronousOperation } from "../operation.js";
import { polarFactor } from "../reference/polarFactor.js";
import { symmetricEigenSteps } from "./eigen/symmetricEigen.js";
import { planInverseRoot } from "./inverseRoot.js";
import { orthogonaliseSteps } from "./orthogonalise.js";
import { gramSteps, productSteps } from "./product.js";
import { qrSteps } from "./qr/qr.js";
import type { Step } from "./steps.js";
import { Layout, Workspace } from "./workspace.js";

const precision = "float32";

/**
 * Linear algebra in WebAssembly SIMD, for Node and browsers, without dependencies, in float32 on one thread:
 * products that compute only half of what is symmetric, Newton–Schulz steps on Gram matrices, Householder QR
 * by blocks. Eigenvectors and exact roots are computed in float64 and rounded, since float32 could not tell
 * the small eigenvalues of a matrix of condition 1e4 or more; exact orthogonalisation too, without kernels.
 *
 * @throws SteepestError `unavailable` where an operation's matrices do not fit into one WebAssembly memory
 */
export function wasmLinearAlgebra(): LinearAlgebra {
  const workspace = new Workspace();

  /** An operation over tasks, one after the other, each in the same scratch memory. */
  function plan<Task>(
    tasks: readonly Task[],
    steps: (task: Task, layout: Layout) => readonly Step[],
  ): Operation {
    const list = tasks.flatMap((task) => {
      const layout = new Layout();
      const planned = steps(task, layout);
      workspace.reserve(layout);
      return planned;
    });
    return synchronousOperation(() => {
      for (const step of list) step(workspace);
    });
  }

  return {
    name: "wasm",
    precision,
    synchronous: true,
    get workspaceBytes() {
      return workspace.floats.byteLength;
    },
    product: (...rounds) => plan(rounds.flat(), productSteps),
    gram: (tasks) => plan(tasks, gramSteps),

    symmetricEigen: (tasks) =>
      plan(tasks, (task, layout) => symmetricEigenSteps(task, checkSymmetricEigen(task, precision), layout)),

    qr: (tasks) =>
      plan(tasks, (task, layout) => {
        checkQr(task, precision);
        return qrSteps(task, layout);
      }),

    inverseRoot: (tasks, settings) => {
      const full = checkInverseRoots(tasks, settings, precision);
      const roots = tasks.map((task) => {
        const layout = new Layout();
        const planned = planInverseRoot(task, full, layout);
        workspace.reserve(layout);
        return planned;
      });
      const reports: InverseRootReport[] = tasks.map(() => ({
        method: full.method,
        iterations: 0,
        error: 0,
      }));
      const operation = synchronousOperation(() => {
        roots.forEach((root, index) => {
          reports[index] = root(workspace);
        });
      });
      return { ...operation, reports };
    },

    orthogonalise: (tasks, settings) => {
      const { method, steps, epsilon } = checkOrthogonalise(tasks, settings, precision);
      if (method !== "svd") {
        return plan(tasks, (task, layout) => orthogonaliseSteps(task, method, steps, epsilon, layout));
      }
      return synchronousOperation(() => {
        for (const { matrix, result } of tasks) {
          result.values.set(polarFactor(matrix.values, matrix.rows, matrix.columns));
        }
      });
    },
  };
}
