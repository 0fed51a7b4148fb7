import type { Horizon, SubmissionCitation } from "@steepest/bench";
import { cosineSchedule, type OptimizerSpec, type Schedule } from "@steepest/optim";

/** The first competition, with all its submissions. */
export const algoperfCompetition: SubmissionCitation = {
  authors: "Kasimbeg, Schneider, Eschenhagen, Bae, et al.",
  year: 2025,
  title: "Accelerating Neural Network Training: An Analysis of the AlgoPerf Competition",
  url: "https://arxiv.org/abs/2502.15015",
};

/** The hyper-parameters of NAdamW under AlgoPerf's names. */
export interface NadamwPoint {
  readonly learning_rate: number;
  readonly one_minus_beta1: number;
  readonly beta2: number;
  readonly weight_decay: number;
}

/** NAdamW's hyper-parameters under our names. */
export const nadamwHyper = ({ learning_rate, one_minus_beta1, beta2, weight_decay }: NadamwPoint) => ({
  ...{ lr: learning_rate, beta1: 1 - one_minus_beta1, beta2, weightDecay: weight_decay },
});

/** NAdamW at a point. */
export const nadamwOf = (point: NadamwPoint): OptimizerSpec => ({
  name: "nadamw",
  hyper: nadamwHyper(point),
  options: {},
});

/** Linear warm-up over a part of the step hint, then a cosine wave to 0 at its end. */
export const warmupCosine = (
  { warmup_factor }: { readonly warmup_factor: number },
  { stepHint, share }: Horizon,
): Schedule => cosineSchedule.create({ steps: stepHint, warmup: share(warmup_factor) });

const first = {
  ...{ learning_rate: 0.001308209823469072, one_minus_beta1: 0.02686663061, beta2: 0.9981232922116359 },
  ...{ weight_decay: 0.16375311233774334, warmup_factor: 0.1 },
} as const;

/** The points of the baseline, by which several submissions are tuned too. */
export const optListPoints = [
  { ...first, dropout_rate: 0, label_smoothing: 0.1 },
  {
    ...{ learning_rate: 0.0008445074561975979, one_minus_beta1: 0.11042418465, beta2: 0.9978504782314613 },
    ...{ weight_decay: 0.08135402759553023, warmup_factor: 0.05, dropout_rate: 0, label_smoothing: 0.2 },
  },
  { ...first, dropout_rate: 0, label_smoothing: 0 },
  {
    ...{ learning_rate: 0.004958460849689891, one_minus_beta1: 0.13625575743, beta2: 0.6291854735396584 },
    ...{ weight_decay: 0.1147386261512052, warmup_factor: 0.02, dropout_rate: 0, label_smoothing: 0 },
  },
  {
    ...{ learning_rate: 0.0017486387539278373, one_minus_beta1: 0.06733926164, beta2: 0.9955159689799007 },
    ...{ weight_decay: 0.08121616522670176, warmup_factor: 0.02, dropout_rate: 0.1, label_smoothing: 0 },
  },
] as const;

/** The baseline's setting under the self-tuning ruleset. */
export const selfTuningPoint = {
  ...{ learning_rate: 0.0017486387539278373, one_minus_beta1: 0.06733926164, beta2: 0.9955159689799007 },
  ...{ weight_decay: 0.08121616522670176, warmup_factor: 0.02, dropout_rate: 0.1 },
} as const;
