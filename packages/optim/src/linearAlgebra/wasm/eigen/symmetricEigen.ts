import type { SymmetricEigenTask } from "../../linearAlgebra.js";
import type { Step } from "../steps.js";
import type { Layout } from "../workspace.js";
import { ascendingOrder, eigenRoom } from "./decomposition.js";
import { doubleBytes } from "./layout.js";
import { tridiagonalRoom } from "./tridiagonal.js";

/** An eigendecomposition into the task's arrays; all NaN where an entry is not finite. */
export function symmetricEigenSteps(task: SymmetricEigenTask, size: number, layout: Layout): readonly Step[] {
  const tridiagonal = tridiagonalRoom(size, layout);
  const room = eigenRoom(tridiagonal, layout);
  const { values, vectors } = task;
  const start = room.vectors.address / doubleBytes;
  return [
    (workspace) => {
      if (!tridiagonal.run(workspace, task.matrix.values)) {
        values.fill(Number.NaN);
        vectors.values.fill(Number.NaN);
        return;
      }
      room.run(workspace);
      const order = ascendingOrder(room.values);
      if (task.order === "descending") order.reverse();
      const { doubles } = workspace;
      const target = vectors.values;
      for (let j = 0; j < size; j++) values[j] = room.values[order[j] ?? 0] ?? 0;
      for (let j = 0; j < size; j++) {
        const from = order[j] ?? 0;
        const row = start + from * room.vectors.stride;
        const scale = room.scales[from] ?? 0;
        for (let i = 0; i < size; i++) target[i * size + j] = scale * (doubles[row + i] ?? 0);
      }
    },
  ];
}
