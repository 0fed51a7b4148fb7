import { describe, expect, it } from "vitest";
import { spectrum, symmetricWith } from "../../../../../test/matrices.js";
import type { FullInverseRootSettings } from "../../../checks.js";
import { wasmLinearAlgebra } from "../../wasmLinearAlgebra.js";
import { Layout, Workspace } from "../../workspace.js";
import { tridiagonalRoom } from "../tridiagonal.js";
import { tridiagonalRoot } from "./tridiagonalRoot.js";

/** Whether poles serve for a matrix with such eigenvalues. */
function serves(eigenvalues: readonly number[], epsilon: number): boolean {
  const layout = new Layout();
  const size = eigenvalues.length;
  const room = tridiagonalRoom(size, layout);
  const settings: FullInverseRootSettings = {
    roundoff: 2 ** -24,
    ...{
      method: "eigen",
      epsilon,
      damping: "absolute",
      tolerance: 1e-6,
      iterations: 100,
      fallbackAbove: 1e-3,
    },
  };
  const root = tridiagonalRoot(room, 4, settings, layout);
  const workspace = new Workspace();
  workspace.reserve(layout);
  room.run(workspace, symmetricWith(wasmLinearAlgebra(), eigenvalues).values);
  return root(workspace) !== undefined;
}

describe("roots by poles", () => {
  it("serve for whatever damping keeps from being singular", () => {
    for (const size of [2, 9, 40]) {
      const rankOne = Array.from({ length: size }, (_, i) => (i === 0 ? 3 : 0));
      expect(serves(spectrum(size, 1e5), 0)).toBe(true);
      expect(serves(rankOne, 1e-9)).toBe(true);
      expect(serves(rankOne, 1e9)).toBe(true);
      expect(serves(rankOne, 1e-30)).toBe(true);
      expect(serves([-0.5, ...rankOne], 1e-9)).toBe(true);
    }
  });

  it("leave to eigenvectors what is zero, or singular to rounding and not damped", () => {
    for (const size of [2, 9, 40]) {
      const rankOne = Array.from({ length: size }, (_, i) => (i === 0 ? 3 : 0));
      expect(serves(rankOne, 0)).toBe(false);
      expect(serves(spectrum(size, 1e8), 0)).toBe(false);
      expect(serves(Array(size).fill(0), 1)).toBe(false);
    }
  });
});
