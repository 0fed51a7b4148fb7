import { referenceLinearAlgebra, wasmLinearAlgebra } from "@steepest/optim";
import { randomStream } from "@steepest/random";
import { describe, expect, it } from "vitest";
import { createNetwork, drawBatch, emptySamples, initialise, networkOptimizer, zeros } from "./network.js";

const samplesOf = (
  algebra: typeof referenceLinearAlgebra,
  rows: number,
  columns: number,
  classes: number,
) => {
  const stream = randomStream(3, "samples");
  const features = zeros(algebra, rows, columns);
  for (let i = 0; i < rows * columns; i++) features.values[i] = stream.normal();
  return { features, labels: Int32Array.from({ length: rows }, () => stream.integer(classes)) };
};

describe("a network's gradient", () => {
  it.each([[[5, 4]], [[5, 6, 4]], [[5, 6, 3, 4]]])("is that of central differences: widths %j", (widths) => {
    const optimizer = networkOptimizer("gd", {}, widths, { backend: "float64" });
    initialise(optimizer, randomStream(1, "weights"));
    const network = createNetwork(
      referenceLinearAlgebra,
      samplesOf(referenceLinearAlgebra, 7, 5, 4),
      optimizer,
    );
    network.lossAndGradients();
    for (const { name } of optimizer.parameters) {
      const [weights, gradient] = [optimizer.parameter(name), optimizer.gradient(name).slice()];
      for (let i = 0; i < weights.length; i++) {
        const kept = weights[i] ?? 0;
        const losses = [1e-5, -1e-5].map((h) => {
          weights[i] = kept + h;
          return network.loss();
        });
        weights[i] = kept;
        expect(gradient[i]).toBeCloseTo(((losses[0] ?? 0) - (losses[1] ?? 0)) / 2e-5, 8);
      }
    }
  });

  it("starts from log(classes) at zero weights, the mean of its samples' losses", () => {
    const optimizer = networkOptimizer("gd", {}, [5, 4]);
    const algebra = wasmLinearAlgebra();
    const network = createNetwork(algebra, samplesOf(algebra, 7, 5, 4), optimizer);
    expect(network.loss()).toBeCloseTo(Math.log(4), 6);
    for (const loss of network.sampleLosses) expect(loss).toBeCloseTo(Math.log(4), 6);
  });

  it("draws batches of whole samples, each as likely", () => {
    const samples = emptySamples(referenceLinearAlgebra, 4, 3);
    for (let i = 0; i < 4; i++) {
      samples.labels[i] = i;
      samples.features.values.fill(i, 3 * i, 3 * i + 3);
    }
    const batch = emptySamples(referenceLinearAlgebra, 4000, 3);
    drawBatch(samples, batch, randomStream(1, "batch"));
    for (let label = 0; label < 4; label++) {
      const share = batch.labels.filter((one) => one === label).length / 4000;
      expect(Math.abs(share - 1 / 4)).toBeLessThan(0.03);
    }
    expect(batch.features.values.every((value, place) => value === batch.labels[Math.floor(place / 3)])).toBe(
      true,
    );
  });
});
