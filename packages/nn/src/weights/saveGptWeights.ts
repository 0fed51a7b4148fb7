import { layOutSafetensors } from "@steepest/optim";
import type { GptModel } from "../models/gpt2.js";
import { bodyPrefix, type GptTensor, gptTensors, headName, transposeInto } from "./gptTensors.js";

/**
 * Writes a model's parameters to a safetensors file under Hugging Face's GPT-2 names, as `GPT2LMHeadModel`
 * saves them: the prefix `transformer.`, `Conv1D` weights transposed, float32 to the bit; a tied head is left
 * out. Options of a model that GPT-2 does not have keep the names of their places. The file appears whole or
 * not at all.
 *
 * @param parameter - the memory of a parameter, by name
 */
export async function saveGptWeights(
  model: GptModel,
  path: string,
  parameter: (name: string) => Float32Array,
): Promise<void> {
  // Imported only here: everything else in this package also works in the browser.
  const { writeFileAtomically } = await import("@steepest/files");
  const tensors = new Map(gptTensors(model).map((tensor) => [nameInFile(tensor), tensor]));
  const { start, order } = layOutSafetensors(
    new Map([...tensors].map(([name, { shape }]) => [name, { dtype: "F32", shape }])),
    // Without it Hugging Face's loader refuses the file.
    { format: "pt" },
  );
  function* parts(): Generator<Uint8Array> {
    yield start;
    for (const name of order) {
      const tensor = tensors.get(name);
      if (tensor !== undefined) yield bytesInFile(tensor, parameter(tensor.parameter.name));
    }
  }
  await writeFileAtomically(path, parts());
}

const nameInFile = ({ name }: GptTensor): string => (name === headName ? name : bodyPrefix + name);

function bytesInFile({ transposed, parameter }: GptTensor, view: Float32Array): Uint8Array {
  const values = transposed ? new Float32Array(view.length) : view;
  if (transposed) transposeInto(view, values, parameter.shape);
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
