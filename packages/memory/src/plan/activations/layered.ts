import type { Layered } from "../../models/model.js";
import type { MemoryTerm } from "../../term.js";
import type { PlanSettings } from "../settings.js";
import { sources } from "../sources.js";
import { microBatch } from "./transformer.js";

const floatBytes = 4;

/** Activations and logits of a model whose saved elements are listed. */
export function layeredActivations(
  { saved, outputs }: Layered,
  settings: PlanSettings,
): readonly MemoryTerm[] {
  const b = microBatch(settings);
  const e = settings.precision.activation;
  return [
    ...saved.map(({ name, elements, bytesEach = e }): MemoryTerm => {
      const bytes = bytesEach * elements * b;
      return {
        ...{ name, category: "activations", bytes, low: bytes, source: sources.operations },
        // Non-linearities and norms that keep their outputs as well.
        ...{ high: 2 * bytes, formula: `${bytesEach}·${elements}·b` },
      };
    }),
    ...(outputs === 0
      ? []
      : [
          {
            ...{ name: "logits", category: "logits" as const, source: sources.operations },
            ...{ bytes: floatBytes * outputs * b, low: e * outputs * b, high: 2 * floatBytes * outputs * b },
            formula: "4b·outputs",
          },
        ]),
  ];
}
