import { batchesInOrder, defineSubmission, evaluateAsTrained, workloadBatchSize } from "@steepest/bench";
import { elementCount, type Optimizer, type OptimizerSpec, type Schedule } from "@steepest/optim";
import { algoperfCompetition } from "./shared/nadamw.js";
import { torchCosine } from "./shared/torchCosine.js";

const usual = {
  ...{ max_preconditioner_dim: 1024, precondition_frequency: 100, start_preconditioning_step: -1 },
  ...{ epsilon: 1e-8, exponent_multiplier: 1, grafting_epsilon: 1e-8, grafting_type: "ADAM" },
  ...{ inv_root_override: 0, use_cosine_decay: true, step_hint_factor: 1, use_nadam: true },
  ...{ use_normalized_grafting: false, use_momentum: false, one_minus_momentum: 0 },
  ...{ communicate_params: true, communication_dtype: "FP32" },
};

const points: readonly Point[] = [
  {
    ...{ learning_rate: 0.0017486387539278373, one_minus_beta1: 0.06733926164 },
    ...{ one_minus_beta2: 0.00448403102, weight_decay: 0.08121616522670176, warmup_factor: 0.02 },
    ...{ ...usual, dropout_rate: 0.1, label_smoothing: 0 },
  },
  {
    ...{ learning_rate: 0.0014381744028656841, one_minus_beta1: 0.025337537053408913 },
    ...{ one_minus_beta2: 0.02508024059481679, weight_decay: 0.00019716633625688372, warmup_factor: 0.05 },
    ...{ ...usual, step_hint_factor: 0.6, dropout_rate: 0, label_smoothing: 0.2 },
  },
  {
    ...{ learning_rate: 4.199449275251465, one_minus_beta1: 1, one_minus_beta2: 0.0023701743773090066 },
    ...{ weight_decay: 6.404237434173623e-5, warmup_factor: 0.02 },
    ...{ ...usual, grafting_type: "SGD", use_nadam: false },
    ...{ use_momentum: true, one_minus_momentum: 0.03150207249544311 },
    ...{ dropout_rate: 0, label_smoothing: 0.1 },
  },
  {
    ...{
      learning_rate: 0.0012,
      one_minus_beta1: 0.016610699316537858,
      one_minus_beta2: 0.005888216674053163,
    },
    ...{ weight_decay: 0.00040349948255455174, warmup_factor: 0.02 },
    ...{ ...usual, inv_root_override: 2, use_momentum: true, one_minus_momentum: 0.5 },
    ...{ dropout_rate: 0.1, label_smoothing: 0.1 },
  },
  {
    ...{
      learning_rate: 0.001308209823469072,
      one_minus_beta1: 0.02686663061,
      one_minus_beta2: 0.00187670778,
    },
    ...{ weight_decay: 0.16375311233774334, warmup_factor: 0.1 },
    ...{ ...usual, dropout_rate: 0, label_smoothing: 0.1 },
  },
];

/** A setting under the original's names. */
type Point = typeof usual & {
  readonly learning_rate: number;
  readonly one_minus_beta1: number;
  readonly one_minus_beta2: number;
  readonly weight_decay: number;
  readonly warmup_factor: number;
  readonly dropout_rate: number;
  readonly label_smoothing: number;
};

/** The parameters' momentum, `momentum of <name>`, beside the optimizer. */
type State = { optimizer: Optimizer } & Record<string, Float32Array | Optimizer>;

const momentumOf = (name: string): string => `momentum of ${name}`;

/**
 * Distributed Shampoo by blocks of 1024, roots every 100 steps from the 100th on, and before that the grafted
 * method alone. Two settings have momentum after the preconditioner, one of them with inverse square roots.
 * The original gives tensors with a side of a million to Adam; here they too are cut into blocks.
 */
export const submission = defineSubmission<State, Point>({
  name: "shampoo_submission",
  title: "Distributed Shampoo",
  cite: algoperfCompetition,
  tuning: { kind: "external", points },
  getBatchSize: workloadBatchSize,
  initOptimizerState({ hyperparameters: point, workload, optimizer }) {
    const { use_momentum, learning_rate, weight_decay } = point;
    if (!use_momentum) {
      const schedule = scheduleOf(point, workload.stepHint);
      return { optimizer: optimizer(specOf(point, learning_rate, weight_decay), { schedule }) };
    }
    // Its steps are the directions themselves: the momentum, which has the learning rate, is made here.
    const momenta = workload.parameters.map(
      ({ name, shape }) => [momentumOf(name), new Float32Array(elementCount(shape))] as const,
    );
    return { ...Object.fromEntries(momenta), optimizer: optimizer(specOf(point, 1, 0)) };
  },
  dataSelection: batchesInOrder,
  async updateParams({ state, hyperparameters: point, workload, step, parameters, gradient }) {
    await gradient();
    if (!point.use_momentum) {
      await state.optimizer.stepAsync();
      return undefined;
    }
    const before = [...parameters.values()].map(({ value }) => value.slice());
    // A step from 0 is the direction, to the last bit.
    for (const { value } of parameters.values()) value.fill(0);
    try {
      await state.optimizer.stepAsync();
    } catch (error) {
      // Gradients that are too large to go on with: the weights are left as they were.
      for (const [index, { value }] of [...parameters.values()].entries()) value.set(before[index] ?? []);
      throw error;
    }
    const learningRate = point.learning_rate * scheduleOf(point, workload.stepHint)(step);
    for (const [index, { name, value }] of [...parameters.values()].entries()) {
      const momentum = state[momentumOf(name)];
      const weights = before[index];
      if (momentum instanceof Float32Array && weights !== undefined)
        addMomentum(value, weights, momentum, point, learningRate);
    }
    return undefined;
  },
  prepareForEval: evaluateAsTrained,
});

/** Replaces minus the direction by the weights after a step with Nesterov's form of an averaged momentum. */
function addMomentum(
  value: Float32Array,
  weights: Float32Array,
  momentum: Float32Array,
  { one_minus_momentum: share, weight_decay }: Point,
  learningRate: number,
): void {
  const kept = 1 - share;
  for (let i = 0; i < value.length; i++) {
    const weight = weights[i] ?? 0;
    const direction = weight_decay * weight - (value[i] ?? 0);
    const mean = kept * (momentum[i] ?? 0) + share * direction;
    momentum[i] = mean;
    value[i] = weight - learningRate * (share * direction + kept * mean);
  }
}

/** Linear warm-up and a cosine wave over a part of the step hint. */
const scheduleOf = ({ step_hint_factor, warmup_factor }: Point, stepHint: number): Schedule =>
  torchCosine(step_hint_factor * stepHint, Math.floor(warmup_factor * step_hint_factor * stepHint));

/** Distributed Shampoo at a point. */
function specOf(point: Point, lr: number, weightDecay: number): OptimizerSpec {
  const graftsAdam = point.grafting_type === "ADAM";
  const beta2 = 1 - point.one_minus_beta2;
  return {
    name: "distributed-shampoo",
    hyper: {
      ...{ lr, beta1: 1 - point.one_minus_beta1, beta2, eps: point.epsilon, weightDecay },
      ...{ blockSize: point.max_preconditioner_dim, frequency: point.precondition_frequency },
      start: point.start_preconditioning_step,
      ...(graftsAdam ? { graftingBeta2: beta2, graftingEps: point.grafting_epsilon } : {}),
    },
    options: {
      ...{ grafting: graftsAdam ? "adam" : "sgd", merge: "vector", nadam: point.use_nadam },
      degree: point.inv_root_override === 2 ? "two" : "axes",
    },
  };
}
