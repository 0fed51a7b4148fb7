import type { MemoryModel, Transformer } from "../../models/model.js";
import { exactTerm, type MemoryTerm } from "../../term.js";
import type { PlanSettings } from "../settings.js";
import { sources } from "../sources.js";
import { microBatch } from "./transformer.js";

/** llm.c pads the vocabulary of 50,257 to 50,304. */
const vocabularyStep = 128;
/** Bytes of the bfloat16 that llm.c computes in. */
const e = 2;
const floatBytes = 4;

/** The vocabulary with the rows that make it a multiple of 128. */
export const paddedVocabulary = (vocabulary: number): number =>
  Math.ceil(vocabulary / vocabularyStep) * vocabularyStep;

/** The same model with its token embedding padded. */
export function paddedModel(model: MemoryModel, { vocabulary, width }: Transformer): MemoryModel {
  const padded = paddedVocabulary(vocabulary);
  return {
    ...model,
    parameters: model.parameters.map((parameter) =>
      parameter.shape[0] === vocabulary && parameter.shape[1] === width
        ? { ...parameter, shape: [padded, width] }
        : parameter,
    ),
  };
}

/**
 * The tensors that llm.c allocates, exactly: 2(18L·BTC + 2BTC + BT·Vp + (4L+2)BT) + 4BT and of attention
 * 4L·B·NH·T (cuDNN's statistics) or 2L·B·NH·T² (without cuDNN), and the gradients of activations, 10·BTC.
 */
export function llmcActivations(model: Transformer, settings: PlanSettings): readonly MemoryTerm[] {
  const { layers: l, width: c, heads, vocabulary } = model;
  const { sequence: t, attention } = settings;
  const b = microBatch(settings);
  const bt = b * t;
  const btc = bt * c;
  const vp = paddedVocabulary(vocabulary);
  const isFlash = attention === "flash";
  const term = (
    name: string,
    bytes: number,
    formula: string,
    category: MemoryTerm["category"] = "activations",
  ) => exactTerm({ name, category, bytes, formula, source: sources.llmc });
  const scores = isFlash ? floatBytes * l * b * heads * t : e * l * b * heads * t * t;
  return [
    term("attention", e * 5 * l * btc, "2·5L·BTC"),
    term(isFlash ? "attention statistics" : "attention scores", scores, isFlash ? "4L·B·NH·T" : "2L·B·NH·T²"),
    term("network", e * 9 * l * btc, "2·9L·BTC"),
    term("norms", e * ((2 * l + 1) * btc + (4 * l + 2) * bt), "2·((2L+1)·BTC + (4L+2)·BT)"),
    term("residual stream", e * (2 * l + 1) * btc, "2·(2L+1)·BTC"),
    term("logits", e * bt * vp, "2·BT·Vp", "logits"),
    term("losses", floatBytes * bt, "4BT", "logits"),
    term("gradients of activations", e * 5 * btc, "2·5·BTC", "temporary"),
  ];
}
