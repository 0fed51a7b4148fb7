import { fromOptimizer, type Horizon } from "@steepest/bench";
import { elementCount, type GroupSpec, type ParameterSpec } from "@steepest/optim";

/** What is given with a point. */
interface AmosPoint {
  /** For the scale of weights, biases and embeddings, in place of that by shape; −1 for none. */
  readonly eta_overrides: number;
  readonly warmup: number;
  readonly converge: number;
}

/**
 * Amos: a step size from the size of the largest parameter and the steps to converge in, warmed up and then
 * constant, since Amos has decays of its own; gradients are clipped to norm 1. The original averages rows of
 * embeddings and heads of attention by themselves; here statistics are of whole parameters. It tells the
 * shifts of norms from their scales by name; here both have the scale 1.
 */
export const submission = fromOptimizer({
  name: "amos",
  title: "Amos",
  cite: {
    authors: "Tian, Parikh",
    year: 2022,
    title: "Amos: An Adam-style Optimizer with Adaptive Weight Decay towards Model-Oriented Scale",
    url: "https://arxiv.org/abs/2210.11693",
  },
  points: [
    {
      ...{ optimizer: "amos", style: "reduced", beta1: 0.9, beta2: 0.98, l2: 0.012, eta_overrides: -1 },
      ...{ converge: 0.65, warmup: 0.02, dropout_rate: 0, aux_dropout_rate: 0, label_smoothing: 0.1 },
    },
    {
      ...{ optimizer: "amos", style: "adam", beta1: 0.95, beta2: 0.999, l2: 0.002, eta_overrides: 0.062 },
      ...{ converge: 0.75, warmup: 0.02, dropout_rate: 0.1, aux_dropout_rate: 0.1, label_smoothing: 0 },
    },
    {
      ...{ optimizer: "amos", style: "adam", beta1: 0.95, beta2: 0.995, l2: 0.001, eta_overrides: -1 },
      ...{ converge: 0.65, warmup: 0.03, dropout_rate: 0.1, aux_dropout_rate: 0.1, label_smoothing: 0.2 },
    },
    {
      ...{ optimizer: "amos", style: "adam", beta1: 0.95, beta2: 0.999, l2: 0.0028, eta_overrides: -1 },
      ...{ converge: 0.65, warmup: 0.02, dropout_rate: 0, aux_dropout_rate: 0, label_smoothing: 0.2 },
    },
    {
      ...{ optimizer: "amos", style: "adam", beta1: 0.95, beta2: 0.999, l2: 0.007, eta_overrides: -1 },
      ...{ converge: 0.75, warmup: 0.02, dropout_rate: 0.1, aux_dropout_rate: 0.1, label_smoothing: 0 },
    },
  ],
  optimizer: (point, horizon) => ({
    optimizer: {
      name: "amos",
      hyper: {
        ...{ lr: learningRate(point, horizon), beta1: point.beta1, beta2: point.beta2, l2: point.l2 },
      },
      options: { style: point.style },
    },
    clip: { globalNorm: 1 },
    groups: horizon.parameters.map((parameter) => scaleOf(parameter, point)),
  }),
  // The first step has the first part of the warm-up: the original counts it before it asks for the rate.
  schedule:
    ({ warmup }, { stepHint }) =>
    (step) =>
      Math.min(1, step / (warmup * stepHint)),
});

/** √(2(τ(√κ) + √2 − 1)/T) for κ elements of the largest parameter and T steps to converge in. */
function learningRate({ warmup, converge }: AmosPoint, { stepHint, parameters }: Horizon): number {
  const root = Math.sqrt(Math.max(1, ...parameters.map(({ shape }) => elementCount(shape))));
  const q = Math.sqrt(1 - 1 / root);
  const tau = q * Math.log(root * (1 + q) ** 2);
  const steps = converge * stepHint * (1 - (2 / 3) * warmup);
  return Math.sqrt((2 * (tau + Math.SQRT2 - 1)) / steps);
}

/** The expected scale η of a parameter's elements, by its role and what leads into a unit. */
function scaleOf({ name, role, shape }: ParameterSpec, { eta_overrides }: AmosPoint): GroupSpec {
  // [outputs, inputs], a kernel's height and width after that.
  const inputs = elementCount(shape.length > 1 ? shape.slice(1) : shape);
  const eta = () => {
    switch (role) {
      case "norm":
        return 1;
      case "convolution":
        return Math.sqrt(1 / inputs);
      case "embedding":
        return eta_overrides === -1 ? 1 : eta_overrides;
      case "bias":
        return eta_overrides === -1 ? 0.5 : eta_overrides;
      default:
        return eta_overrides === -1 ? Math.sqrt(2 / inputs) : eta_overrides;
    }
  };
  return { names: [name], hyper: { eta: eta() } };
}
