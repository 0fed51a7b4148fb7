import type { Matrix } from "@steepest/optim";
import { expect, it } from "vitest";
import { inBatches } from "./batches.js";

it("puts together what lies next to each other in every role, and nothing else", () => {
  const array = new Float32Array(100);
  const at = (start: number, columns = 3): Matrix => ({
    rows: 2,
    columns,
    values: array.subarray(start, start + 2 * columns),
  });
  const tasks = [
    { name: "first", roles: [at(0), at(50)] },
    { name: "second, in both roles", roles: [at(6), at(56)] },
    { name: "next in one role only", roles: [at(12), at(80)] },
    { name: "third of the first, after another", roles: [at(12), at(62)] },
    { name: "of another shape", roles: [at(18, 2), at(68, 2)] },
    { name: "of another kind", kind: "other", roles: [at(18), at(68)] },
  ];
  const batches = inBatches(
    tasks,
    ({ roles }) => roles,
    ({ kind = "" }) => kind,
  );
  expect(batches.map((batch) => batch.map(({ name }) => name))).toEqual([
    ["first", "second, in both roles", "third of the first, after another"],
    ["next in one role only"],
    ["of another shape"],
    ["of another kind"],
  ]);
});
