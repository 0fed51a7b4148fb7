import { parseOptimizerSpec } from "@steepest/optim";
import { describe, expect, it } from "vitest";
import { dearRefreshes, refreshOperations } from "./refreshCost.js";

const network = [
  { name: "hidden", shape: [784, 100], role: "hiddenMatrix" as const },
  { name: "bias", shape: [100], role: "bias" as const },
];
const operations = (text: string) => refreshOperations(parseOptimizerSpec(text), network);
const cubes = (...sizes: readonly number[]) => sizes.reduce((sum, size) => sum + size ** 3, 0);

describe("operations of refreshes", () => {
  it("are those of the factors' sizes, divided by the frequency", () => {
    expect(operations("shampoo")).toBe(10 * cubes(784, 100));
    expect(operations("distributed-shampoo:frequency=10")).toBe(cubes(784, 100, 100));
    expect(operations("distributed-shampoo:preconditioner=correctedEigenvalues")).toBe(
      9 * cubes(784, 100, 100),
    );
    // 784 = 6 · 128 + 16, each block beside 100 columns.
    const blocks = [128, 128, 128, 128, 128, 128, 16].flatMap((rows) => [rows, 100]);
    expect(operations("distributed-shampoo:blockSize=128")).toBe(10 * cubes(...blocks, 100));
    expect(operations("caspr:frequency=4,blockSize=1000")).toBe(2.5 * cubes(784, 100));
  });

  it("are a product and a QR for SOAP, whose eigenvectors are computed once", () => {
    expect(operations("soap:frequency=7") / cubes(784, 100)).toBeCloseTo((2 + 8 / 3) / 7, 12);
    expect(operations("soap:frequency=7,largestAxis=100") / cubes(100)).toBeCloseTo((2 + 8 / 3) / 7, 12);
  });

  it("are counted from shapes alone: no array of two billion parameters is made for it", () => {
    const huge = [{ name: "huge", shape: [100_000, 20_000], role: "hiddenMatrix" as const }];
    const spec = parseOptimizerSpec("shampoo");
    expect(refreshOperations(spec, huge)).toBe(10 * cubes(100_000, 20_000));
  });

  it("are none for methods without", () => {
    expect(["adam", "muon", "lbfgs", "adafactor"].map(operations)).toEqual([0, 0, 0, 0]);
  });
});

describe("notice of dear refreshes", () => {
  const notice = (optimizer: string, batchSize = 64) => dearRefreshes({ optimizer, batchSize }, network);

  it("names the cost and what to write for less, which then needs no notice", () => {
    for (const [given, better] of [
      ["shampoo:lr=0.02,beta=0.8", "distributed-shampoo:lr=0.02,frequency=10,blockSize=128"],
      [
        "distributed-shampoo:lr=0.003,grafting=adam",
        "distributed-shampoo:lr=0.003,frequency=10,blockSize=128,grafting=adam",
      ],
      ["distributed-shampoo:frequency=25", "distributed-shampoo:frequency=25,blockSize=128"],
      ["soap", "soap:frequency=100"],
      ["caspr", "caspr:frequency=20,blockSize=128"],
    ] as const) {
      const said = notice(given);
      expect(said).toHaveLength(1);
      expect(said[0]).toContain(`of ${given} take about`);
      expect(said[0]).toContain(`. ${better} takes about`);
      expect(notice(better)).toEqual([]);
    }
    // 10 · (784³ + 100³) against 6 · 78,500 · 64 operations.
    expect(notice("shampoo")[0]).toContain("4,800 million operations a step, 160 times the gradient's");
  });

  it("is not given where the gradient costs as much", () => {
    expect(notice("shampoo", 64 * 41)).toEqual([]);
    expect(notice("shampoo", 64 * 39)).toHaveLength(1);
    expect(notice("adam", 1)).toEqual([]);
  });

  it("goes by the operations that a workload says its gradient takes", () => {
    const of = (uses: number) =>
      dearRefreshes({ optimizer: "shampoo", batchSize: 64 }, network, uses * 6 * 78_500);
    expect(of(1)).toEqual(notice("shampoo"));
    // Parameters used 39 and 41 times an example are as 39 and 41 times the examples.
    expect(of(39)).toHaveLength(1);
    expect(of(41)).toEqual([]);
  });

  it("recommends nothing where nothing is cheaper", () => {
    const said = notice("soap:frequency=100", 1);
    expect(said).toHaveLength(1);
    expect(said[0]).not.toContain("takes about");
  });
});
