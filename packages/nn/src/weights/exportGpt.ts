import { exportModel, input } from "@steepest/graph";
import { requireSizes } from "../layers/sizes.js";
import type { GptModel } from "../models/gpt2.js";

/** The batch that an exported GPT is for; ONNX files of ours have fixed shapes. */
export interface GptExportOptions {
  /** Default 1. */
  readonly sequences?: number;
  /**
   * Tokens of a sequence; default the model's context. Shorter texts are filled up at the end with any token:
   * attention is causal, so logits before do not change.
   */
  readonly time?: number;
  /** Whether the weights lie in `<path>.data`; default: where one file would reach ONNX's 2 GiB. */
  readonly weightsBeside?: boolean;
}

/**
 * Writes a GPT for inference as an ONNX file of ONNX's own operators, for any runtime: from `input_ids` int64
 * [sequences, time] to `logits` float32 [sequences, time, vocabulary].
 *
 * @param parameter - the memory of a parameter, by name
 * @returns the paths of the files written, the model's first
 * @throws SteepestError `invalid-value` for sizes that are no positive integers, `shape-mismatch` for more
 *   tokens than the context
 */
export async function exportGpt(
  model: GptModel,
  path: string,
  parameter: (name: string) => Float32Array,
  options: GptExportOptions = {},
): Promise<readonly string[]> {
  const { sequences = 1, time = model.options.context, weightsBeside } = options;
  requireSizes("the exported model", { sequences, time });
  const logits = model.apply(input("input_ids", [sequences, time], "int64"), { training: false });
  const weights = Object.fromEntries(model.parameters.map(({ name }) => [name, parameter(name)]));
  return exportModel({ logits }, path, {
    weights,
    ...(weightsBeside === undefined ? {} : { weightsBeside }),
  });
}
