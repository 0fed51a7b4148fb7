import {
  createOptimizer,
  type LinearAlgebra,
  type Matrix,
  type Operation,
  type Optimizer,
  type OptimizerConfig,
  parseOptimizerSpec,
} from "@steepest/optim";
import type { RandomStream } from "@steepest/random";

/** Samples with classes, one a row of the features. */
export interface Samples {
  readonly features: Matrix;
  readonly labels: Int32Array;
}

/**
 * The method that `spec` names, with `hyper` over what it sets, over the weight matrices of a network, [in,
 * out] from width to width, without biases. What it does with values that are not finite is left to the
 * caller: a learning rate that diverges is one to be ruled out.
 */
export function networkOptimizer(
  spec: string,
  hyper: Readonly<Record<string, number>>,
  widths: readonly number[],
  config: OptimizerConfig = {},
): Optimizer {
  const parsed = parseOptimizerSpec(spec);
  return createOptimizer(
    { ...parsed, hyper: { ...parsed.hyper, ...hyper } },
    widths.slice(1).map((columns, i) => ({
      name: `w${i + 1}`,
      shape: [widths[i] ?? 0, columns],
      role: "hiddenMatrix",
    })),
    { nonFinite: "ignore", ...config },
  );
}

/** A matrix of zeros in the algebra's precision. */
export const zeros = ({ precision }: LinearAlgebra, rows: number, columns: number): Matrix => ({
  rows,
  columns,
  values: precision === "float32" ? new Float32Array(rows * columns) : new Float64Array(rows * columns),
});

/** Samples to be filled in. */
export const emptySamples = (algebra: LinearAlgebra, count: number, dimension: number): Samples => ({
  features: zeros(algebra, count, dimension),
  labels: new Int32Array(count),
});

/** Fills a batch with samples drawn uniformly, with replacement. */
export function drawBatch(from: Samples, batch: Samples, stream: RandomStream): void {
  const { columns, values } = from.features;
  for (let i = 0; i < batch.labels.length; i++) {
    const chosen = stream.integer(from.labels.length);
    batch.labels[i] = from.labels[chosen] ?? 0;
    batch.features.values.set(values.subarray(chosen * columns, (chosen + 1) * columns), i * columns);
  }
}

/** Fills the weights with N(0, 1/in). */
export function initialise(optimizer: Optimizer, stream: RandomStream): void {
  for (const { name, shape } of optimizer.parameters) {
    const values = optimizer.parameter(name);
    for (let i = 0; i < values.length; i++) values[i] = stream.normal() / Math.sqrt(shape[0] ?? 1);
  }
}

/**
 * Loss and gradient of a network at the weights of an optimizer, over the samples that lie in its arrays at
 * the call.
 */
export interface Network {
  /** The mean cross-entropy. */
  loss(): number;
  /** The same; writes the optimizer's gradients too. */
  lossAndGradients(): number;
  /** The cross-entropy of each sample at the last call. */
  readonly sampleLosses: Float64Array;
}

interface Layer {
  readonly weight: Matrix;
  /** The input times the weight; in a hidden layer its tanh. */
  readonly output: Matrix;
  /** ∂loss / ∂(input · weight). */
  readonly delta: Matrix;
  readonly forward: Operation;
  /** ∂loss / ∂weight from delta. */
  readonly toWeight: Operation;
}

/**
 * Softmax regression for two widths; with more, layers of tanh before it: h₀ is the features, hᵢ = tanh(hᵢ₋₁
 * Wᵢ), and the last product is the logits. The algebra, the samples and the optimizer are of one precision.
 */
export function createNetwork(algebra: LinearAlgebra, samples: Samples, optimizer: Optimizer): Network {
  const { rows: count } = samples.features;
  const layers: Layer[] = [];
  for (const { name, shape } of optimizer.parameters) {
    const [rows = 0, columns = 0] = shape;
    const input = layers.at(-1)?.output ?? samples.features;
    const weight = { rows, columns, values: optimizer.parameter(name) };
    const gradient = { rows, columns, values: optimizer.gradient(name) };
    const output = zeros(algebra, count, columns);
    const delta = zeros(algebra, count, columns);
    const forward = algebra.product([{ a: input, b: weight, result: output }]);
    const toWeight = algebra.product([{ a: input, b: delta, result: gradient, transposeA: true }]);
    layers.push({ weight, output, delta, forward, toWeight });
  }
  const hidden = layers.slice(0, -1).map(({ output, delta }, i) => {
    const { weight, delta: from } = layers[i + 1] ?? { weight: output, delta };
    const toOutput = algebra.product([{ a: from, b: weight, result: delta, transposeB: true }]);
    return { output: output.values, delta: delta.values, toOutput };
  });
  const sampleLosses = new Float64Array(count);

  const loss = (): number => {
    for (const [i, { forward, output }] of layers.entries()) {
      forward.run();
      if (hidden[i] === undefined) crossEntropy(output, samples.labels, sampleLosses);
      else for (let j = 0; j < output.values.length; j++) output.values[j] = Math.tanh(output.values[j] ?? 0);
    }
    return sampleLosses.reduce((sum, one) => sum + one, 0) / count;
  };

  return {
    sampleLosses,
    loss,
    lossAndGradients() {
      const value = loss();
      const last = layers.at(-1);
      if (last !== undefined) softmaxDelta(last, samples.labels);
      for (const { toOutput, output, delta } of hidden.toReversed()) {
        toOutput.run();
        for (let j = 0; j < delta.length; j++) delta[j] = (delta[j] ?? 0) * (1 - (output[j] ?? 0) ** 2);
      }
      for (const { toWeight } of layers) toWeight.run();
      return value;
    },
  };
}

/**
 * log Σ exp of each row minus the logit of its label. The logits become their exponentials over the row's
 * sum: probabilities.
 */
function crossEntropy(logits: Matrix, labels: Int32Array, losses: Float64Array): void {
  const { rows, columns, values } = logits;
  for (let i = 0; i < rows; i++) {
    const start = i * columns;
    let largest = Number.NEGATIVE_INFINITY;
    for (let j = start; j < start + columns; j++) largest = Math.max(largest, values[j] ?? 0);
    const ofLabel = values[start + (labels[i] ?? 0)] ?? Number.NaN;
    let sum = 0;
    for (let j = start; j < start + columns; j++) {
      const power = Math.exp((values[j] ?? 0) - largest);
      values[j] = power;
      sum += power;
    }
    for (let j = start; j < start + columns; j++) values[j] = (values[j] ?? 0) / sum;
    losses[i] = largest + Math.log(sum) - ofLabel;
  }
}

/** (probabilities − one-hot label) / samples. */
function softmaxDelta({ output, delta }: Layer, labels: Int32Array): void {
  const { rows, columns } = output;
  for (let j = 0; j < rows * columns; j++) delta.values[j] = (output.values[j] ?? 0) / rows;
  for (let i = 0; i < rows; i++) {
    const place = i * columns + (labels[i] ?? 0);
    delta.values[place] = (delta.values[place] ?? 0) - 1 / rows;
  }
}
