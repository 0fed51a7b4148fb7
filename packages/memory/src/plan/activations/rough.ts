import { SteepestError } from "@steepest/optim";
import type { Transformer } from "../../models/model.js";
import { exactTerm, type MemoryTerm } from "../../term.js";
import type { Checkpointing, PlanSettings } from "../settings.js";
import { sources } from "../sources.js";
import { microBatch } from "./transformer.js";

/** ZeRO's estimate: so many activations of the width for every place and layer. */
const elementsEach = 12;

/**
 * The lecture's own example: of 60 GB of activations of GPT-2 XL (48 layers) about 8 remain, with "1.5 billion
 * parameters, sequences of 1024, batch 32". Scaled by √L like the reading that it comes from.
 */
const lectureExample = { of: 60, remain: 8, layers: 48 };

/**
 * Activations by the estimate of the ZeRO paper, 12·hbsL elements, and what checkpointing leaves of them by
 * the reading of the method: for ZeRO the √L-th part, for the lecture its worked example.
 * @throws SteepestError `misuse` for a kind of checkpointing that the estimate cannot tell from others
 */
export function roughActivations(model: Transformer, settings: PlanSettings): readonly MemoryTerm[] {
  const { sequence, precision, parallelism, checkpoint, method } = settings;
  const e = precision.activation;
  const whole =
    (elementsEach * model.width * microBatch(settings) * sequence * model.layers * e) /
    (parallelism.tensor * parallelism.pipeline);
  const { factor, formula, source } = reading(checkpoint, model.layers, method === "lecture");
  const term = exactTerm({
    name: checkpoint.kind === "none" ? "activations" : "activations (checkpointed)",
    ...{ category: "activations", bytes: whole * factor },
    ...{ formula: `${elementsEach}hbsL·${e}${formula}`, source },
  });
  // The two readings of checkpointing are far apart: the range says so.
  if (checkpoint.kind === "none") return [term];
  const readings = [term.bytes, whole / Math.sqrt(model.layers), whole / 2];
  return [{ ...term, low: Math.min(...readings), high: Math.max(...readings) }];
}

function reading(
  checkpoint: Checkpointing,
  layers: number,
  isLecture: boolean,
): { readonly factor: number; readonly formula: string; readonly source: string } {
  const source = isLecture ? sources.lecture : sources.zero;
  const sqrt = { factor: 1 / Math.sqrt(layers), formula: "/√L", source: sources.zero };
  switch (checkpoint.kind) {
    case "none":
      return { factor: 1, formula: "", source: sources.zero };
    case "half":
      return { factor: 1 / 2, formula: "/2", source: sources.lecture };
    case "sqrt":
      return sqrt;
    case "full": {
      if (!isLecture) return sqrt;
      const { of, remain, layers: exampleLayers } = lectureExample;
      const factor = Math.min(1, (remain / of) * Math.sqrt(exampleLayers / layers));
      return { factor, formula: `·(${remain}/${of})·√(${exampleLayers}/L)`, source };
    }
    case "selective":
    case "every":
      throw new SteepestError(
        "misuse",
        `the estimate 12hbsL knows no checkpointing of the kind ${checkpoint.kind}`,
        "Use --checkpoint full, half or sqrt, or --method megatron",
      );
  }
}
