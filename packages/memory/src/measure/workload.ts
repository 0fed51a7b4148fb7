import { findWorkload, type LoadedWorkload, languageModel, uniformText } from "@steepest/workloads";
import type { MeasuredSetting } from "./setting.js";

/** Windows of text that a measured GPT has: enough for any place of a window to be drawn. */
const windows = 20;

/**
 * Loads what is measured.
 * @throws SteepestError for an unknown name, impossible sizes, and data that are not what they must be
 */
export async function loadMeasured(workload: MeasuredSetting["workload"]): Promise<LoadedWorkload> {
  if (workload.kind === "registered") return findWorkload(workload.name).load();
  const { kind: _, ...sizes } = workload;
  const { vocabulary, context } = sizes;
  return languageModel(uniformText({ vocabulary, length: windows * (context + 1), seed: 0 }), sizes);
}
