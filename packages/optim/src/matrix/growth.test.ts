import { afterEach, expect, it, vi } from "vitest";
import { createOptimizer } from "../optimizer/createOptimizer.js";
import { parseOptimizerSpec } from "../spec.js";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Counts the typed arrays that are made from here on. */
function countArrays(): () => number {
  let made = 0;
  const counted = <ArrayKind extends object>(kind: ArrayKind): ArrayKind =>
    new Proxy(kind, {
      construct(target, given) {
        made++;
        const array: unknown = Reflect.construct(Object(target), given);
        return Object(array);
      },
    });
  vi.stubGlobal("Float32Array", counted(Float32Array));
  vi.stubGlobal("Float64Array", counted(Float64Array));
  vi.stubGlobal("Int32Array", counted(Int32Array));
  const views = vi.spyOn(Object.getPrototypeOf(Float32Array.prototype), "subarray");
  const copies = vi.spyOn(Object.getPrototypeOf(Float32Array.prototype), "slice");
  return () => made + views.mock.calls.length + copies.mock.calls.length;
}

it.each([
  ["muon", "muon:method=polarExpress"],
  ["adafactor", "adafactor:momentum=true,cautious=true"],
  ["soap", "soap:frequency=1000"],
  ["caspr", "caspr:frequency=1000,start=1,blockSize=8"],
  ["distributed-shampoo", "distributed-shampoo:frequency=1000,start=1,blockSize=8,grafting=adam"],
  [
    "distributed-shampoo, corrected",
    "distributed-shampoo:frequency=1000,start=1,preconditioner=correctedEigenvalues",
  ],
])("%s makes no arrays in a step without decompositions", (_, spec) => {
  const optimizer = createOptimizer(parseOptimizerSpec(spec), [
    { name: "weight", shape: [12, 20], role: "hiddenMatrix" },
    { name: "kernel", shape: [4, 3, 3, 3], role: "convolution" },
    { name: "bias", shape: [12], role: "bias" },
  ]);
  const step = (k: number) => {
    for (const name of ["weight", "kernel", "bias"]) {
      const gradient = optimizer.gradient(name);
      for (let i = 0; i < gradient.length; i++) gradient[i] = Math.sin(i * i + k);
    }
    optimizer.step();
  };
  for (let k = 1; k <= 3; k++) step(k);
  const made = countArrays();
  for (let k = 4; k <= 8; k++) step(k);
  expect(made()).toBe(0);
  expect(new Float32Array(3).subarray(1).length + made()).toBe(4);
});
