import { expect } from "vitest";
import type { Optimizer } from "../../src/optimizer/config.js";
import { decodeSafetensors, encodeSafetensors } from "../../src/safetensors/safetensors.js";
import { flatten, unflatten } from "../gradients.js";
import { runSteps } from "../runs.js";

/**
 * Whether an optimizer goes on from a file to the same bits, from any of several steps. `build` makes it
 * anew.
 */
export function expectToResume(build: () => Optimizer): void {
  const whole = build();
  const saved = [0, 1, 2, 7].map((at, index, all) => {
    runSteps(whole, (all[index - 1] ?? 0) + 1, at);
    const { tensors, metadata } = whole.saveState();
    return { at, file: encodeSafetensors(tensors, metadata), parameters: flatten(whole) };
  });
  runSteps(whole, 8, 12);
  for (const { at, file, parameters } of saved) {
    const resumed = build();
    unflatten(resumed, parameters);
    resumed.loadState(decodeSafetensors(file));
    expect(resumed.stepCount).toBe(at);
    expect(flatten(runSteps(resumed, at + 1, 12))).toEqual(flatten(whole));
  }
}
