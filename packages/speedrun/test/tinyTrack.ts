import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A track on a linear model without data: a run of it takes a blink. */
export const tinyTrack = `name: tiny
title: Fewest steps to 0.33
description: for tests
workload: sparse-logistic
model: { name: logistic, parameters: 400 }
batch: { sequences: 64, context: 1 }
target: { loss: 0.33, tokens: 4096 }
measure: steps
changes: optimizer
steps: 240
evaluateEvery: 60
warmUpSteps: 2
significance: { kind: margin, threshold: 0.0001 }
pairwise: { kind: margin, lossPerHundredSteps: 0.01, threshold: 0.0001 }
baseline: adamw
tuning: { points: 2, steps: 60, stopTrainings: 2, stopMultiple: 10, margin: 0.0005, attempts: 1, seed: 1000 }
`;

/** Writes the tiny track, with changes, into a folder. */
export async function writeTinyTrack(
  folder: string,
  change: (text: string) => string = (text) => text,
): Promise<string> {
  const path = join(folder, "tiny.yaml");
  await writeFile(path, change(tinyTrack));
  return path;
}
