import type { GptModel } from "../models/gpt2.js";
import type { ModelParameter } from "../models/model.js";

/** A parameter's place in a file of weights under Hugging Face's names for GPT-2. */
export interface GptTensor {
  readonly parameter: ModelParameter;
  /** Without the prefix `transformer.`, which only some files have. */
  readonly name: string;
  /** In the file. */
  readonly shape: readonly number[];
  /** Whether the file holds Wᵀ: Hugging Face's `Conv1D` keeps weights as [inputs, outputs]. */
  readonly transposed: boolean;
}

/** The prefix of everything but the head in the files of a model with a head. */
export const bodyPrefix = "transformer.";

/** The head's weight; never prefixed. */
export const headName = "lm_head.weight";

/** A model's parameters as a file of weights has them. */
export const gptTensors = ({ parameters }: GptModel): readonly GptTensor[] =>
  parameters.map((parameter) => {
    const { name, shape, role } = parameter;
    const transposed = role === "hiddenMatrix";
    return { parameter, name, shape: transposed ? shape.toReversed() : shape, transposed };
  });

/** Causal masks, which old files keep beside the weights. */
export const isMask = (name: string): boolean => /^h\.\d+\.attn\.(masked_)?bias$/.test(name);

/** A row-major matrix [rows, columns] turned into [columns, rows], bit for bit. */
export function transposeInto(
  from: Float32Array,
  to: Float32Array,
  [rows = 0, columns = 0]: readonly number[],
): void {
  // As integers: a NaN that passes through a JavaScript number may lose its payload.
  const source = new Int32Array(from.buffer, from.byteOffset, from.length);
  const target = new Int32Array(to.buffer, to.byteOffset, to.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      target[column * rows + row] = source[row * columns + column] ?? 0;
}
