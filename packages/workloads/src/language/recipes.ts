import type { Recipe } from "../workload.js";

/**
 * nanoGPT's training (karpathy/nanoGPT, train.py and config/train_shakespeare_char.py), of any length: AdamW
 * with β₂ = 0.99 and weight decay 0.1 on tensors of two dimensions, the gradient's norm clipped to 1, a
 * linear warm-up over 100 steps of (t + 1)/101, and half a cosine wave down to a tenth at the last step.
 * Shorter runs than 2000 steps warm up over a twentieth.
 */
export function nanoGptRecipe(steps: number): Recipe {
  return {
    optimizer: "adamw",
    optimizers: {
      adamw: { beta2: 0.99, weightDecay: 0.1 },
      // Beside matrices Muon has embeddings and vectors to train: by the same AdamW.
      muon: { adamLr: 1e-3, adamBeta1: 0.9, adamBeta2: 0.99, adamEps: 1e-8 },
    },
    schedule: (length) => {
      const last = Math.max(1, length - 1);
      const warmup = Math.min(100, Math.floor(last / 20));
      return `cosine:steps=${last},warmup=${warmup},start=${1 / (warmup + 1)},final=0.1`;
    },
    clip: { globalNorm: 1 },
    decay: "matrices",
    ...{ steps, evaluateEvery: 250 },
  };
}

/**
 * llm.c's reproduction of GPT-2's smallest model (Karpathy 2024, discussion 481 of karpathy/llm.c), the
 * baseline of the NanoGPT speedrun: AdamW at 6e-4 with β₂ = 0.95 and weight decay 0.1 on matrices, 700 steps
 * of warm-up, half a cosine wave down to 0, 18,865 steps of 512 windows: ten thousand million tokens.
 */
export const llmcRecipe: Recipe = {
  optimizer: "adamw",
  optimizers: {
    adamw: { lr: 6e-4, beta2: 0.95, weightDecay: 0.1 },
    muon: { adamLr: 6e-4, adamBeta1: 0.9, adamBeta2: 0.95, adamEps: 1e-8 },
  },
  schedule: (length) => {
    const warmup = Math.min(700, Math.floor(length / 20));
    return `cosine:steps=${Math.max(1, length)},warmup=${warmup},final=0`;
  },
  clip: { globalNorm: 1 },
  decay: "matrices",
  ...{ steps: 18_865, evaluateEvery: 250 },
};
