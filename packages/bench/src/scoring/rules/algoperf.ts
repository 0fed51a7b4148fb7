import type { Ruleset, WorkloadTarget } from "./ruleset.js";

/** What the variants of a workload share with it. */
interface Metric {
  readonly metric: string;
  readonly direction: WorkloadTarget["direction"];
}

const loss: Metric = { metric: "validation/loss", direction: "min" };
const wordErrorRate: Metric = { metric: "validation/wer", direction: "min" };
const similarity: Metric = { metric: "validation/ssim", direction: "max" };
const accuracy: Metric = { metric: "validation/accuracy", direction: "max" };
const precision: Metric = { metric: "validation/mean_average_precision", direction: "max" };
const bleu: Metric = { metric: "validation/bleu", direction: "max" };

/** AlgoPerf v0.5: eight base workloads and the six held-out variants that its jury drew, on 8 V100. */
export const v05: Ruleset = {
  name: "v0.5",
  studies: 5,
  trials: 5,
  selfTuningBudget: 3,
  workloads: [
    { name: "criteo1tb", ...loss, target: 0.123735, budget: 7703, stepHint: 10_666 },
    { name: "fastmri", ...similarity, target: 0.723653, budget: 8859, stepHint: 36_189 },
    { name: "imagenet_resnet", ...accuracy, target: 0.77431, budget: 63_008, stepHint: 186_666 },
    { name: "imagenet_vit", ...accuracy, target: 0.77309, budget: 77_520, stepHint: 186_666 },
    {
      name: "librispeech_conformer",
      ...wordErrorRate,
      target: 0.085884,
      budget: 61_068,
      stepHint: 80_000,
    },
    {
      name: "librispeech_deepspeech",
      ...wordErrorRate,
      target: 0.119936,
      budget: 55_506,
      stepHint: 48_000,
    },
    { name: "ogbg", ...precision, target: 0.28098, budget: 18_477, stepHint: 80_000 },
    { name: "wmt", ...bleu, target: 30.8491, budget: 48_151, stepHint: 133_333 },
    {
      name: "criteo1tb_embed_init",
      ...loss,
      target: 0.129657,
      budget: 7703,
      stepHint: 10_666,
      base: "criteo1tb",
    },
    {
      name: "fastmri_tanh",
      ...similarity,
      target: 0.71784,
      budget: 8859,
      stepHint: 36_189,
      base: "fastmri",
    },
    {
      name: "imagenet_resnet_large_bn_init",
      ...accuracy,
      target: 0.76526,
      budget: 63_008,
      stepHint: 186_666,
      base: "imagenet_resnet",
    },
    {
      name: "librispeech_conformer_layernorm",
      ...wordErrorRate,
      target: 0.09731,
      budget: 61_068,
      stepHint: 80_000,
      base: "librispeech_conformer",
    },
    {
      name: "ogbg_model_size",
      ...precision,
      target: 0.269446,
      budget: 18_477,
      stepHint: 80_000,
      base: "ogbg",
    },
    { name: "wmt_glu_tanh", ...bleu, target: 29.5779, budget: 48_151, stepHint: 133_333, base: "wmt" },
  ],
};

/** AlgoPerf v0.6: three studies, no held-out workloads, smaller budgets. */
export const v06: Ruleset = {
  name: "v0.6",
  studies: 3,
  trials: 5,
  selfTuningBudget: 1.5,
  workloads: [
    { name: "criteo1tb", ...loss, target: 0.123735, budget: 7703, stepHint: 10_666 },
    { name: "fastmri", ...similarity, target: 0.723653, budget: 4430, stepHint: 18_094 },
    { name: "imagenet_resnet", ...accuracy, target: 0.77431, budget: 66_159, stepHint: 195_999 },
    { name: "imagenet_vit", ...accuracy, target: 0.77309, budget: 69_768, stepHint: 167_999 },
    {
      name: "librispeech_conformer",
      ...wordErrorRate,
      target: 0.085884,
      budget: 58_015,
      stepHint: 76_000,
    },
    {
      name: "librispeech_deepspeech",
      ...wordErrorRate,
      target: 0.119936,
      budget: 44_405,
      stepHint: 38_400,
    },
    { name: "ogbg", ...precision, target: 0.28098, budget: 12_011, stepHint: 52_000 },
    { name: "wmt", ...bleu, target: 30.8491, budget: 43_336, stepHint: 120_000 },
  ],
};
