import { describe, expect, it } from "vitest";
import { at, distance, largestOf, matrix, noise } from "../../../test/matrices.js";
import { referenceLinearAlgebra } from "../reference/reference.js";
import { wasmLinearAlgebra } from "./wasmLinearAlgebra.js";

describe("orthogonalise, wasm against reference", () => {
  const wasm = wasmLinearAlgebra();
  it.each(["newtonSchulz", "polarExpress"] as const)("agrees to float32: %s", (method) => {
    for (const [rows, columns] of [
      [128, 128],
      [128, 384],
      [512, 128],
      [37, 90],
    ] as const) {
      const of = matrix(wasm, rows, columns, noise(rows + columns));
      const exact = matrix(referenceLinearAlgebra, rows, columns, (i, j) => at(of, i, j));
      wasm.orthogonalise([{ matrix: of, result: of }], { method }).run();
      referenceLinearAlgebra.orthogonalise([{ matrix: exact, result: exact }], { method }).run();
      expect(distance(of, exact)).toBeLessThan(1e-4 * largestOf(exact.values));
    }
  });
});
